# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
# For run.sh and profile.sh: builds what is missing or older than its sources; sets $java and $classes.
root=$(cd "$here/.." && pwd)
"$root/countersign" --version >/dev/null

java=
for candidate in "${JAVA_HOME:-}/bin/java" "$(command -v java || :)" /usr/lib/jvm/*/bin/java /opt/java/*/bin/java; do
  [ -x "$candidate" ] || continue
  found=$("$candidate" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
  if [ "${found:-0}" -ge 25 ]; then java=$candidate; break; fi
done
[ -n "$java" ] || { echo "bench: needs a JDK 25 or newer; set JAVA_HOME to one" >&2; exit 3; }

built=$here/target/classes/dev/countersign/bench/run/Main.class
if [ ! -f "$built" ] || [ -n "$(find "$here/pom.xml" "$here/src/main" -newer "$built" | head -n 1)" ]; then
  echo "bench: building" >&2
  (cd "$root" && mvn -B -q --no-transfer-progress -pl bench -am process-classes -Dspotless.check.skip) >&2 ||
    { echo "bench: the build failed" >&2; exit 3; }
  touch "$built"
fi
classes="$here/target/classes:$here/target/profiler/*:$root/cli/target/countersign/lib/*"
