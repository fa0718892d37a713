// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The members of a line that chain it and say what it opens or ends, read in place: a start goes
 * through tens of thousands of lines. Whatever is not as {@link LeafEncoder} writes it is left to
 * {@link LeafParser}, which judges; what stands in the members that are passed over is judged by
 * nobody here.
 *
 * <p>Confined to one thread.
 */
final class LeafOutline {
  private static final byte[] CALL_ID = ascii("call_id");
  private static final byte[] KIND = ascii("kind");
  private static final byte[] OUTCOME_EXPECTED = ascii("outcome_expected");
  private static final byte[] PREV = ascii("prev");
  private static final byte[] SEQ = ascii("seq");
  private static final byte[] TRUE = ascii("true");
  private static final int DIGITS_MAX = 18;

  private byte[] bytes = {};
  private int end;
  private long seq;
  private String prev = "";
  private String kind = "";
  private String callId = "";
  private boolean outcomeExpected;

  /**
   * Reads a line.
   *
   * @param to where it ends, without its end of line
   * @return false when it is to be parsed instead
   */
  boolean read(byte[] block, int from, int to) {
    bytes = block;
    end = to;
    seq = -1;
    prev = "";
    kind = "";
    callId = "";
    outcomeExpected = false;
    int at = from;
    char before = '{';
    while (is(at, before) && is(at + 1, '"')) {
      int name = at + 2;
      int nameEnd = text(name);
      if (nameEnd < 0 || !is(nameEnd + 1, ':')) {
        return false;
      }
      int value = nameEnd + 2;
      at = valueEnd(value);
      if (at < 0 || !take(name, nameEnd, value, at)) {
        return false;
      }
      before = ',';
    }
    return at == to - 1 && is(at, '}') && seq >= 0 && !prev.isEmpty();
  }

  private boolean is(int at, char expected) {
    return at < end && bytes[at] == expected;
  }

  /** Where a text without escapes ends, or -1. */
  private int text(int from) {
    int at = from;
    while (at < end && bytes[at] != '"') {
      if (bytes[at] == '\\') {
        return -1;
      }
      at++;
    }
    return at < end ? at : -1;
  }

  /** Where what follows a value begins, or -1. */
  private int valueEnd(int from) {
    int depth = 0;
    for (int at = from; at < end; at++) {
      switch (bytes[at]) {
        case '"' -> {
          at = stringEnd(at + 1);
          if (at < 0) {
            return -1;
          }
        }
        case '{', '[' -> depth++;
        case '}', ']' -> {
          if (depth == 0) {
            return at;
          }
          depth--;
        }
        case ',' -> {
          if (depth == 0) {
            return at;
          }
        }
        default -> {
          // Of a number or a word.
        }
      }
    }
    return -1;
  }

  /** Where a text that may have escapes ends, or -1. */
  private int stringEnd(int from) {
    int at = from;
    while (at < end && bytes[at] != '"') {
      at += bytes[at] == '\\' ? 2 : 1;
    }
    return at < end ? at : -1;
  }

  private boolean take(int name, int nameEnd, int value, int valueEnd) {
    switch (nameEnd - name) {
      case 3 -> {
        return !matches(name, nameEnd, SEQ) || takeSeq(value, valueEnd);
      }
      case 4 -> {
        if (matches(name, nameEnd, PREV)) {
          prev = unquoted(value, valueEnd);
          return !prev.isEmpty();
        }
        if (matches(name, nameEnd, KIND)) {
          kind = unquoted(value, valueEnd);
          return !kind.isEmpty();
        }
        return true;
      }
      case 7 -> {
        if (matches(name, nameEnd, CALL_ID)) {
          callId = unquoted(value, valueEnd);
          return !callId.isEmpty();
        }
        return true;
      }
      case 16 -> {
        if (matches(name, nameEnd, OUTCOME_EXPECTED)) {
          outcomeExpected = matches(value, valueEnd, TRUE);
        }
        return true;
      }
      default -> {
        return true;
      }
    }
  }

  private boolean matches(int from, int to, byte[] expected) {
    return Arrays.equals(bytes, from, to, expected, 0, expected.length);
  }

  private boolean takeSeq(int from, int to) {
    long number = 0;
    for (int at = from; at < to; at++) {
      int digit = bytes[at] - '0';
      if (digit < 0 || digit > 9) {
        return false;
      }
      number = number * 10 + digit;
    }
    seq = number;
    return to > from && to - from <= DIGITS_MAX && bytes[from] != '0';
  }

  /** A text of visible ASCII without escapes, or an empty one for anything else. */
  private String unquoted(int from, int to) {
    if (to - from < 2 || bytes[from] != '"' || text(from + 1) != to - 1) {
      return "";
    }
    for (int at = from; at < to; at++) {
      if (bytes[at] < ' ') {
        return "";
      }
    }
    return new String(bytes, from + 1, to - from - 2, StandardCharsets.US_ASCII);
  }

  /** The leaf's number. */
  long seq() {
    return seq;
  }

  /** The hash of the line before, as it says. */
  String prev() {
    return prev;
  }

  /** The call it is about, or empty. */
  String callId() {
    return callId;
  }

  /** As {@link LeafParser#isOpening}. */
  boolean isOpening() {
    return outcomeExpected && kind.equals("decision");
  }

  /** As {@link LeafParser#isOutcome}. */
  boolean isOutcome() {
    return kind.equals("outcome");
  }

  private static byte[] ascii(String name) {
    return name.getBytes(StandardCharsets.US_ASCII);
  }
}
