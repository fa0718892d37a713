#!/bin/sh
# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
# Measures the gateway beside nginx: bench/run.sh [--quick]. README.md says what, and how to read it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/java.sh"
exec "$java" -Xmx768m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "$classes" dev.countersign.bench.run.Main "$here/.." "$@"
