#!/bin/sh
# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
# Says in text where a call's time or memory goes: bench/profile.sh [read|write|denied|bare] [cpu|alloc] [FILE for stacks]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/java.sh"
# Without these options the time of inlined methods is put down to their callers.
export COUNTERSIGN_JAVA_OPTS="${COUNTERSIGN_JAVA_OPTS:-} -XX:+UnlockDiagnosticVMOptions -XX:+DebugNonSafepoints -XX:+EnableDynamicAgentLoading"
exec "$java" -Xmx768m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "$classes" dev.countersign.bench.run.ProfileMain "$here/.." "${1:-read}" "${2:-cpu}" ${3:+"$3"}
