// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

/** What the upstream leg counts; called on event loops, must not block. */
public interface UpstreamObserver {
  /** A pooled connection was found closed by its server when a call was to use it. */
  void stale();

  /** A call was sent anew, because the server provably had nothing of it. */
  void sentAgain(Again why);

  /** A call was turned away by the bound on connections. */
  void busy();

  /** Why nothing of a call can have been acted on; a closed set, used as a metric label. */
  enum Again {
    /** Its pooled connection broke before the socket took a byte. */
    STALE,
    /** The server closes its HTTP/2 connection and says that it has not looked at the call. */
    GOAWAY
  }
}
