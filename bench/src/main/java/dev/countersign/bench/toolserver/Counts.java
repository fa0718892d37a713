// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.toolserver;

import dev.countersign.bench.wire.MessageReader;

/** What the server has seen. Confined to its one event loop. */
final class Counts {
  private long calls;
  private long denied;

  void call(boolean ofDeniedTool) {
    calls++;
    if (ofDeniedTool) {
      denied++;
    }
  }

  /** As an HTTP answer: calls, then those of tools that no gateway should have let through. */
  byte[] answer() {
    String text = calls + " " + denied;
    return MessageReader.bytes(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: "
            + text.length()
            + "\r\n\r\n"
            + text);
  }
}
