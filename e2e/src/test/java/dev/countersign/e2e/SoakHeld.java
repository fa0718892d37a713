// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An exchange that the soak's server keeps open until it is told to end it. */
final class SoakHeld {
  private final SoakSocket socket;
  private final @Nullable String answer;
  private Runnable whenOver = () -> {};
  private volatile boolean over;

  /**
   * An open exchange.
   *
   * @param answer what a call is waiting for; null for a stream of a session's own
   */
  SoakHeld(SoakSocket socket, @Nullable String answer) {
    this.socket = socket;
    this.answer = answer;
  }

  /** To be run before the last byte is written. */
  void whenOver(Runnable action) {
    whenOver = action;
  }

  boolean over() {
    return over;
  }

  /** Sends something that is no answer. */
  void push() {
    try {
      socket.writeChunk(
          SoakServer.event(
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"));
    } catch (IOException e) {
      // It ended in the meantime.
    }
  }

  /** Ends it as it should end. */
  void finish() {
    end();
    try {
      if (answer != null) {
        socket.writeChunk(SoakServer.event(answer));
      }
      socket.writeChunk("");
    } catch (IOException e) {
      // The gateway left first.
    }
  }

  /** Cuts it within an event. */
  void cut(boolean reset) {
    end();
    try {
      socket.write("20\r\ndata: {\"json");
    } catch (IOException e) {
      // The gateway left first.
    }
    socket.leave(reset);
  }

  private void end() {
    over = true;
    whenOver.run();
  }
}
