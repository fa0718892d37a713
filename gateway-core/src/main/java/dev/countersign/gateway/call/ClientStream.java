// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.sse.SseMark;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The event stream to a client: one event a message, flushed at once; a comment when nothing was
 * said for a while; the server is not read while the client cannot keep up. Confined to its loop.
 */
final class ClientStream {
  private static final List<Header> HEAD =
      List.of(
          new Header("content-type", "text/event-stream"),
          new Header("cache-control", "no-cache, no-transform"),
          new Header("x-accel-buffering", "no"));

  private final ResponseStream stream;
  private final Loop loop;
  private final Call call;
  private final Runnable pauseServer;
  private final Runnable resumeServer;
  private final Runnable tick;
  private Loop.@Nullable Timer timer;
  private boolean saidSomething;
  private boolean paused;
  private boolean over;

  /**
   * Opens the stream; its head is flushed at once.
   *
   * @param tick runs at every keep-alive interval
   */
  ClientStream(Call call, Runnable pauseServer, Runnable resumeServer, Runnable tick) {
    this.call = call;
    this.loop = call.exchange().loop();
    this.pauseServer = pauseServer;
    this.resumeServer = resumeServer;
    this.tick = tick;
    this.stream = call.exchange().stream(200, head(call));
    stream.onWritable(this::caughtUp);
    arm();
  }

  /** What such a stream begins with. */
  static List<Header> head(Call call) {
    List<Header> head = new ArrayList<>(HEAD);
    head.addAll(FrontDoor.cors(call.exchange().head()));
    return head;
  }

  /** Sends one JSON-RPC message as one event. */
  void message(SseMark mark, byte[] json) {
    if (!over) {
      stream.message(mark, json);
      said();
    }
  }

  /** Says where the stream is to go on when it breaks, or when. */
  void mark(SseMark mark) {
    if (!over) {
      stream.mark(mark);
      said();
    }
  }

  private void said() {
    saidSomething = true;
    if (!stream.writable() && !paused) {
      paused = true;
      pauseServer.run();
    }
  }

  /** Ends the stream as whole. */
  void end() {
    if (!over) {
      over();
      stream.end();
    }
  }

  /** Breaks the stream off. */
  void abort() {
    if (!over) {
      over();
      stream.abort();
    }
  }

  /** Stops the timer when the client is gone. */
  void over() {
    over = true;
    if (timer != null) {
      timer.cancel();
    }
    if (paused) {
      // The server may finish for a client that is gone.
      paused = false;
      resumeServer.run();
    }
  }

  private void caughtUp() {
    if (paused && !over) {
      paused = false;
      resumeServer.run();
    }
  }

  private void arm() {
    timer =
        loop.after(
            call.limits().keepAlive(),
            () -> {
              if (over) {
                return;
              }
              tick.run();
              if (!over) {
                if (!saidSomething && stream.writable()) {
                  stream.keepAlive();
                }
                saidSomething = false;
                arm();
              }
            });
  }
}
