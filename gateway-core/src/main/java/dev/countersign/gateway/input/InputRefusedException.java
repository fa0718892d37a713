// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

/** A question of a server, or its answer, that must not be passed on; expected, so traceless. */
public final class InputRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InputRefusedException(String why) {
    super(why, null, false, false);
  }

  /** Why, in words of ours that hold nothing of the message. */
  public String why() {
    return String.valueOf(getMessage());
  }
}
