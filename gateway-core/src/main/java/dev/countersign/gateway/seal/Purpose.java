// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.seal;

/** What a sealed text is for; a text of one purpose does not open for another. */
public enum Purpose {
  /** The id of a legacy session. */
  SESSION("session", 64),
  /** The id of an event, for resuming a stream. */
  EVENT("event", 2 << 10),
  /** What a modern server wants back with its client's answers. */
  REQUEST_STATE("request-state", 64 << 10),
  /** Where a list goes on. */
  CURSOR("cursor", 16 << 10),
  /** Where a client of 2024-11-05 posts. */
  CLIENT_STREAM("client-stream", 64);

  private final String label;
  private final int bytesMax;

  Purpose(String label, int bytesMax) {
    this.label = label;
    this.bytesMax = bytesMax;
  }

  /** The most that can be sealed, bytes. */
  public int bytesMax() {
    return bytesMax;
  }

  String label() {
    return label;
  }
}
