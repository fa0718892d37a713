// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/** What the listener counts; called on event loops, must not block. */
public interface HttpObserver {
  /** A connection was accepted. */
  void opened();

  /** An accepted connection is gone. */
  void closed();

  /** A stream of an HTTP/2 connection was opened. */
  void streamOpened();

  /** A stream of an HTTP/2 connection is gone. */
  void streamClosed();

  /** Something was turned away before a handler saw it. */
  void refused(Refused what);

  /** What the listener itself turns away; a closed set, used as a metric label. */
  enum Refused {
    /** The bound on connections is reached. */
    CONNECTIONS,
    /** The bound on open streams of an HTTP/2 connection is reached. */
    STREAMS,
    /** Frames that cost the peer nothing, in a number that no client needs. */
    FLOOD,
    /** Ambiguous or broken framing. */
    FRAMING,
    /** Request line or headers over the limit. */
    HEADER_BYTES,
    /** The head did not come in time. */
    HEAD_TIMEOUT,
    /** The body did not come in time. */
    BODY_TIMEOUT,
    /** The body is over the limit. */
    BODY_BYTES,
    /** All that may be in memory is in use. */
    NO_ROOM;

    /** For a body that is over a bound. */
    static Refused ofBody(BodyRefusedException.Why why) {
      return why == BodyRefusedException.Why.NO_ROOM ? NO_ROOM : BODY_BYTES;
    }
  }
}
