// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

/** A request under way to a server. Confined to the call's event loop. */
public interface UpstreamExchange {
  /**
   * Breaks it off; nothing more comes. The connection is closed or the stream reset: the server
   * sees it.
   */
  void cancel();

  /** Stops reading the reply, for a client that cannot keep up; counted, two pauses need two. */
  void pause();

  /** Takes back one pause. */
  void resume();
}
