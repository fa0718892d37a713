// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.time.Duration;

/**
 * Counts, for one connection, the frames that cost the peer next to nothing and the gateway more.
 * No client needs as many as are allowed here. Confined to the connection's event loop.
 *
 * <p>Resets of streams by the client are counted by Netty, in the same window.
 */
final class Http2Flood {
  static final int WINDOW_SECONDS = 30;

  /** Streams of one connection that may be reset in a window, by either side. */
  static final int RESETS_MAX = 200;

  /** SETTINGS, PING, PRIORITY and frames of unknown types in a window. */
  static final int CONTROLS_MAX = 1000;

  /** WINDOW_UPDATE frames beyond one for each few bytes that were sent to the client. */
  static final int UPDATES_FREE = 1000;

  private static final int BYTES_FOR_AN_UPDATE = 4;
  private static final long WINDOW_NANOS = Duration.ofSeconds(WINDOW_SECONDS).toNanos();

  private long began = System.nanoTime();
  private int controls;
  private int resets;
  private long updates;
  private long sentBytes;

  /** A frame that asks for an acknowledgement or is ignored; returns whether it is one too many. */
  boolean control() {
    turn();
    controls++;
    return controls > CONTROLS_MAX;
  }

  /** A stream that was reset because of what the client did; returns whether it is one too many. */
  boolean reset() {
    turn();
    resets++;
    return resets > RESETS_MAX;
  }

  /** More room to send; returns whether it is one too many. */
  boolean windowUpdate() {
    updates++;
    return updates > UPDATES_FREE + sentBytes / BYTES_FOR_AN_UPDATE;
  }

  /** What makes updates of the window necessary. */
  void sent(int bytes) {
    sentBytes += bytes;
  }

  private void turn() {
    long now = System.nanoTime();
    if (now - began > WINDOW_NANOS) {
      began = now;
      controls = 0;
      resets = 0;
    }
  }
}
