// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import java.util.Arrays;

/**
 * A glob over a whole name, as everywhere: one star stops at slash and colon, two do not, nothing
 * else is special. One pass over the name with all ways to match at once, so that neither an
 * operator's pattern nor a server's name can make it slow.
 */
final class NameGlob {
  /** One star among the characters of a pattern; two stars are {@link #ANY}. */
  private static final int SEGMENT = -1;

  private static final int ANY = -2;

  /** Characters of the name, or stars. */
  private final int[] steps;

  NameGlob(String pattern) {
    int[] parsed = new int[pattern.length()];
    int count = 0;
    int at = 0;
    while (at < pattern.length()) {
      boolean two = pattern.startsWith("**", at);
      boolean star = pattern.charAt(at) == '*';
      parsed[count++] = two ? ANY : star ? SEGMENT : pattern.charAt(at);
      at += two ? 2 : 1;
    }
    steps = Arrays.copyOf(parsed, count);
  }

  boolean matches(String name) {
    boolean[] now = new boolean[steps.length + 1];
    boolean[] next = new boolean[steps.length + 1];
    now[0] = true;
    passStars(now);
    for (int i = 0; i < name.length(); i++) {
      Arrays.fill(next, false);
      step(name.charAt(i), now, next);
      passStars(next);
      boolean[] old = now;
      now = next;
      next = old;
    }
    return now[steps.length];
  }

  private void step(char c, boolean[] now, boolean[] next) {
    for (int at = 0; at < steps.length; at++) {
      if (now[at]) {
        if (steps[at] == c) {
          next[at + 1] = true;
        } else if (steps[at] == ANY || (steps[at] == SEGMENT && c != '/' && c != ':')) {
          next[at] = true;
        }
      }
    }
  }

  /** A star may also stand for nothing. */
  private void passStars(boolean[] states) {
    for (int at = 0; at < steps.length; at++) {
      states[at + 1] |= states[at] && steps[at] < 0;
    }
  }
}
