// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

/** A text that is not strict JSON; carries no stack trace. */
public final class JsonRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final JsonFault fault;
  private final int offset;

  JsonRefusedException(JsonFault fault, int offset) {
    super(fault + " at " + offset, null, false, false);
    this.fault = fault;
    this.offset = offset;
  }

  /** Why. */
  public JsonFault fault() {
    return fault;
  }

  /** The byte at which it was noticed. */
  public int offset() {
    return offset;
  }
}
