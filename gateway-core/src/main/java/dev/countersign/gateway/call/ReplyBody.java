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
  private static final byte[] NOTHING = {};

  private final Call call;
  private final Sink sink;
  private @Nullable SseDecoder events;
  private boolean isJson;
  private byte @Nullable [] onlyPiece;
  private @Nullable ByteArrayOutputStream pieces;
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
    isJson = true;
  }

  /** All of the JSON text so far, or null when it is something else. */
  byte @Nullable [] json() {
    if (!isJson) {
      return null;
    }
    if (pieces != null) {
      return pieces.toByteArray();
    }
    return onlyPiece == null ? NOTHING : onlyPiece;
  }

  void feed(byte[] piece) {
    if (events != null) {
      feed(events, piece);
    } else if (isJson) {
      if (gathered() + (long) piece.length > call.limits().answerBytesMax()) {
        sink.broken("an answer over the limit");
      } else if (!call.exchange().hold().take(piece.length)) {
        sink.noRoom();
      } else {
        gather(piece);
      }
    }
  }

  private int gathered() {
    if (pieces != null) {
      return pieces.size();
    }
    return onlyPiece == null ? 0 : onlyPiece.length;
  }

  /** Most answers come in one piece, and need not be copied. */
  private void gather(byte[] piece) {
    if (onlyPiece == null && pieces == null) {
      onlyPiece = piece;
      return;
    }
    if (pieces == null) {
      pieces = new ByteArrayOutputStream(gathered() + piece.length);
      pieces.writeBytes(onlyPiece);
      onlyPiece = null;
    }
    pieces.writeBytes(piece);
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
    isJson = false;
    onlyPiece = null;
    pieces = null;
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
