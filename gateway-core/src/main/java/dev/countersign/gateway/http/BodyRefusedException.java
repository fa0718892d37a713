// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/** A request's body did not arrive as it must; carries no stack trace. */
public final class BodyRefusedException extends Exception {
  /** Why. */
  public enum Why {
    /** Longer than the reader allows. */
    TOO_LARGE,
    /** Not whole within the time allowed. */
    TIMEOUT,
    /** Broken chunks, trailers, or anything else that is not HTTP. */
    FRAMING,
    /** There is no room for it in memory now. */
    NO_ROOM,
    /** The client went away. */
    CLOSED
  }

  private final Why why;

  BodyRefusedException(Why why) {
    super(why.name(), null, false, false);
    this.why = why;
  }

  /** Why. */
  public Why why() {
    return why;
  }
}
