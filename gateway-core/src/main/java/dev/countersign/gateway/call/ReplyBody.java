// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.sse.SseDecoder;
import dev.countersign.gateway.sse.SseEvent;
import dev.countersign.gateway.sse.SseRefusedException;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Takes the body of a server's reply apart: into one JSON text, or into the events of a stream.
 * What is gathered is bounded for each and counted against the exchange's share of memory. Confined
 * to the call's event loop.
 */
final class ReplyBody {
  private static final int FIRST_BYTES = 1024;

  private final Call call;
  private final Sink sink;
  private @Nullable SseDecoder events;
  private @Nullable ByteArrayOutputStream json;
  private int eventBytesHeld;

  /** Told what comes. */
  interface Sink {
    /** One event of a stream. */
    void event(SseEvent event);

    /** It cannot be read any further; nothing more comes. */
    void broken(String detail);

    /** There is no room in memory for more of it. */
    void noRoom();

    /** Whether nobody wants more of it. */
    boolean over();
  }

  ReplyBody(Call call, Sink sink) {
    this.call = call;
    this.sink = sink;
  }

  /** From here on it is a stream of events. */
  void isEvents() {
    events = new SseDecoder(call.limits().eventBytesMax());
  }

  /** From here on it is one JSON text. */
  void isJson() {
    json = new ByteArrayOutputStream(FIRST_BYTES);
  }

  /** All of the JSON text so far, or null when it is something else. */
  byte @Nullable [] json() {
    return json == null ? null : json.toByteArray();
  }

  void feed(byte[] piece) {
    if (events != null) {
      feed(events, piece);
    } else if (json != null) {
      if (json.size() + (long) piece.length > call.limits().answerBytesMax()) {
        sink.broken("an answer over the limit");
      } else if (!call.exchange().hold().take(piece.length)) {
        sink.noRoom();
      } else {
        json.writeBytes(piece);
      }
    }
  }

  private void feed(SseDecoder decoder, byte[] piece) {
    try {
      decoder.feed(piece, 0, piece.length, new Events());
    } catch (SseRefusedException e) {
      sink.broken("a broken event stream");
      return;
    }
    int more = decoder.buffered() - eventBytesHeld;
    if (more > 0 && !sink.over()) {
      eventBytesHeld += more;
      if (!call.exchange().hold().take(more)) {
        sink.noRoom();
      }
    }
  }

  /** Lets go of what was gathered; nothing is wanted of what comes from here on. */
  void release() {
    events = null;
    json = null;
  }

  private final class Events implements SseDecoder.Sink {
    @Override
    public void event(SseEvent event) {
      sink.event(event);
    }

    @Override
    public void comment() {
      // The client gets keep-alives of our own.
    }
  }
}
