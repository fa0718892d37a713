// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

/** Why a text is not taken. */
public enum JsonFault {
  /** Not JSON by the grammar of RFC 8259. */
  SYNTAX,
  /** A byte order mark before the value. */
  BYTE_ORDER_MARK,
  /** Something after the value. */
  TRAILING_DATA,
  /** Two members of one object with the same name, escapes undone. */
  DUPLICATE_KEY,
  /** Not UTF-8: overlong, encoded surrogates, cut or beyond U+10FFFF. */
  BAD_UTF8,
  /** An escaped surrogate without its other half. */
  LONE_SURROGATE,
  /** A control character that is not escaped. */
  CONTROL_CHARACTER,
  /** A NUL in a member's name. */
  NUL_IN_NAME,
  /** A number over the length limit or beyond what a double can hold. */
  BAD_NUMBER,
  /** Nested too deeply. */
  DEPTH,
  /** Too many values and names. */
  TOKENS,
  /** Too many bytes. */
  SIZE
}
