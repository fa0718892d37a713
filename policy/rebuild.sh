#!/bin/sh
# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
# Compiles the shipped policy, and the odd ones that tests use, to WASM. With --check: compares with
# what is committed and runs OPA's own checks and tests instead. OPA is $OPA, else the one on the PATH.
set -eu
cd "$(dirname "$0")"
opa=${OPA:-opa}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { # folder of Rego, entrypoint, committed module
  "$opa" build -t wasm -e "$2" -o "$work/bundle.tar.gz" --ignore '*_test.rego' "$1"
  tar -xzf "$work/bundle.tar.gz" -C "$work" /policy.wasm 2>/dev/null || tar -xzf "$work/bundle.tar.gz" -C "$work" policy.wasm
  if [ "$check" = yes ]; then
    cmp "$work/policy.wasm" "$3" || { echo "$3 is not what $1 compiles to: run policy/rebuild.sh" >&2; exit 1; }
  else
    cp "$work/policy.wasm" "$3"
    chmod 644 "$3"
  fi
}

case "${1:-}" in
  --check) check=yes ;;
  '') check=no ;;
  *) echo "usage: $0 [--check]" >&2; exit 2 ;;
esac
if [ "$check" = yes ]; then
  for rego in src/main/rego src/test/rego/odd src/test/rego/host; do
    "$opa" check --strict "$rego"
    "$opa" fmt --fail --list "$rego"
  done
  "$opa" test src/main/rego
fi
compile src/main/rego countersign/decision src/main/resources/dev/countersign/policy/opa/countersign.wasm
compile src/test/rego/odd countersign/decision src/test/resources/modules/odd.wasm
compile src/test/rego/host countersign/decision src/test/resources/modules/host.wasm
