// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Refuses objects in which a name stands twice, escapes undone. */
final class MemberNames {
  /**
   * Up to here names are compared in pairs; beyond by hash, and where hashes are equal, by chance
   * or on purpose, in a hash set whose chains become trees.
   */
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
    if (escapes ? names > 1 : names > PAIRWISE_NAMES_MAX && mayRepeat(in, index, object, names)) {
      inASet(in, index, object, names);
    } else if (names <= PAIRWISE_NAMES_MAX) {
      inPairs(in, index, object);
    }
  }

  /** Whether two names without escapes have one hash; else none of them stands twice. */
  private static boolean mayRepeat(byte[] in, JsonIndex index, int object, int names) {
    int[] hashes = new int[names];
    int at = 0;
    for (int name = object + 1; name < index.nodes(); name = index.after(name + 1)) {
      int hash = 0;
      for (int i = index.start(name); i < index.end(name); i++) {
        hash = hash * 31 + in[i];
      }
      hashes[at++] = hash;
    }
    return holdsTwice(hashes);
  }

  /** Whether a number stands twice; sorts them. */
  private static boolean holdsTwice(int[] numbers) {
    Arrays.sort(numbers);
    for (int i = 1; i < numbers.length; i++) {
      if (numbers[i] == numbers[i - 1]) {
        return true;
      }
    }
    return false;
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
