// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Refuses objects in which a name stands twice, escapes undone. */
final class MemberNames {
  /** Up to here names are compared in pairs; beyond, a hash set whose chains become trees. */
  private static final int PAIRWISE_NAMES_MAX = 12;

  private MemberNames() {}

  /** Checks the newest object of an index, which has just been closed. */
  static void check(byte[] in, JsonIndex index, int object) throws JsonRefusedException {
    int nodes = index.nodes();
    int names = 0;
    boolean escapes = false;
    for (int name = object + 1; name < nodes; name = index.after(name + 1)) {
      names++;
      escapes |= index.escaped(name);
    }
    if (names > PAIRWISE_NAMES_MAX || (escapes && names > 1)) {
      inASet(in, index, object, names);
    } else {
      inPairs(in, index, object);
    }
  }

  private static void inPairs(byte[] in, JsonIndex index, int object) throws JsonRefusedException {
    int nodes = index.nodes();
    for (int a = object + 1; a < nodes; a = index.after(a + 1)) {
      for (int b = index.after(a + 1); b < nodes; b = index.after(b + 1)) {
        if (Arrays.equals(in, index.start(a), index.end(a), in, index.start(b), index.end(b))) {
          throw new JsonRefusedException(JsonFault.DUPLICATE_KEY, index.start(b));
        }
      }
    }
  }

  private static void inASet(byte[] in, JsonIndex index, int object, int names)
      throws JsonRefusedException {
    Set<String> seen = HashSet.newHashSet(names);
    for (int name = object + 1; name < index.nodes(); name = index.after(name + 1)) {
      if (!seen.add(JsonDocument.unescape(in, index.start(name) + 1, index.end(name) - 1))) {
        throw new JsonRefusedException(JsonFault.DUPLICATE_KEY, index.start(name));
      }
    }
  }
}
