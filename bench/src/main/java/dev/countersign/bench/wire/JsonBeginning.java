// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.wire;

/** Finds, in the beginning of a JSON-RPC message, the few things that the bench wants to know. */
public final class JsonBeginning {
  private static final byte[] ID = MessageReader.bytes("\"id\":");
  private static final byte[] NULL = MessageReader.bytes("null");
  private static final byte[] RESULT = MessageReader.bytes("\"result\":");

  private JsonBeginning() {}

  /** Where a member's value begins, or -1; the first place where its name stands. */
  public static int after(byte[] json, int length, byte[] nameAndColon) {
    int last = length - nameAndColon.length;
    for (int i = 0; i <= last; i++) {
      if (json[i] == nameAndColon[0] && matches(json, i, nameAndColon)) {
        return i + nameAndColon.length;
      }
    }
    return -1;
  }

  private static boolean matches(byte[] json, int at, byte[] wanted) {
    for (int i = 1; i < wanted.length; i++) {
      if (json[at + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** Where the id's value begins, or -1. */
  public static int idAt(byte[] json, int length) {
    return after(json, length, ID);
  }

  /** The id, if it is a whole number, else -1. */
  public static long id(byte[] json, int length) {
    int at = idAt(json, length);
    return at < 0 || at == length || json[at] < '0' || json[at] > '9'
        ? -1
        : MessageReader.number(json, at, length);
  }

  /** Whether the id is null. */
  public static boolean isIdNull(byte[] json, int length) {
    int at = idAt(json, length);
    return at >= 0 && at + NULL.length <= length && json[at] == NULL[0] && matches(json, at, NULL);
  }

  /** Whether the message is a result, and no error. */
  public static boolean isResult(byte[] json, int length) {
    return after(json, length, RESULT) >= 0;
  }
}
