#!/bin/sh
# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
# Compiles the shipped policy to WASM. With --check: compares with what is committed and runs OPA's
# own checks and tests instead. OPA is $OPA, else the one on the PATH.
set -eu
cd "$(dirname "$0")"
opa=${OPA:-opa}
source=src/main/rego
module=src/main/resources/dev/countersign/policy/opa/countersign.wasm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$opa" build -t wasm -e countersign/decision -o "$work/bundle.tar.gz" --ignore '*_test.rego' "$source"
tar -xzf "$work/bundle.tar.gz" -C "$work" /policy.wasm 2>/dev/null || tar -xzf "$work/bundle.tar.gz" -C "$work" policy.wasm
if [ "${1:-}" = --check ]; then
  cmp "$work/policy.wasm" "$module" || { echo "countersign.wasm is not what its source compiles to: run policy/rebuild.sh" >&2; exit 1; }
  "$opa" check --strict "$source"
  "$opa" fmt --fail --list "$source"
  "$opa" test "$source"
else
  cp "$work/policy.wasm" "$module"
fi
