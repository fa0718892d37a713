// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.sse.SseDecoder;
import dev.countersign.gateway.sse.SseEvent;
import dev.countersign.gateway.sse.SseRefusedException;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A server's stream: first the event that says where to post, then messages, one at a time and no
 * faster than they are taken. Confined to the loop that it was opened on.
 */
final class ServerStream implements ReplyListener, SseDecoder.Sink {
  private final URI url;
  private final Reader reader;
  private final SseDecoder decoder;
  private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
  private @Nullable UpstreamExchange exchange;
  private @Nullable BadStreamException fault;
  private @Nullable UpstreamFailure last;
  private boolean hasEndpoint;
  private boolean giving;
  private boolean taking;
  private boolean paused;
  private boolean over;

  /** Takes what comes. */
  interface Reader {
    /** It has opened. */
    void opened(String executor);

    /** The server answered otherwise. */
    void refused(int status);

    /** Messages go there. */
    void endpoint(String target);

    /**
     * The next message; the one after it comes when {@link ServerStream#taken} was called.
     *
     * @param json what the event holds
     */
    void message(byte[] json);

    /** There will be nothing more; what was there was given out. */
    void ended(UpstreamFailure.Kind kind, String detail);
  }

  /**
   * @param url where it is opened
   * @param eventBytesMax bound on one event
   */
  ServerStream(URI url, int eventBytesMax, Reader reader) {
    this.url = url;
    this.reader = reader;
    this.decoder = new SseDecoder(eventBytesMax);
  }

  /** What it comes on. */
  void on(UpstreamExchange sent) {
    exchange = sent;
    if (over) {
      sent.cancel();
    } else {
      hold();
    }
  }

  /** The message that was given out last has found its place. */
  void taken() {
    taking = false;
    give();
  }

  /** Nobody listens any more. */
  void close() {
    over = true;
    waiting.clear();
    if (exchange != null) {
      exchange.cancel();
    }
  }

  @Override
  public void head(ReplyHead reply) {
    if (over) {
      return;
    }
    if (reply.status() != 200) {
      over = true;
      reader.refused(reply.status());
      close();
    } else if (reply.encoded() || !isEvents(reply.contentType())) {
      fail(UpstreamFailure.Kind.BAD_REPLY, "not an event stream");
    } else {
      reader.opened(reply.executor());
    }
  }

  private static boolean isEvents(@Nullable String contentType) {
    return contentType != null
        && contentType
            .split(";", 2)[0]
            .strip()
            .toLowerCase(Locale.ROOT)
            .equals("text/event-stream");
  }

  @Override
  public void data(byte[] piece) {
    if (over) {
      return;
    }
    try {
      decoder.feed(piece, 0, piece.length, this);
      if (fault != null) {
        throw fault;
      }
    } catch (SseRefusedException e) {
      fail(UpstreamFailure.Kind.BAD_REPLY, String.valueOf(e.getMessage()));
    } catch (BadStreamException e) {
      fail(UpstreamFailure.Kind.BAD_REPLY, e.detail());
    }
  }

  @Override
  public void event(SseEvent event) {
    if (over || fault != null) {
      return;
    }
    try {
      read(event);
    } catch (BadStreamException e) {
      fault = e;
    }
  }

  private void read(SseEvent event) throws BadStreamException {
    String name = event.event() == null ? "message" : event.event();
    if (name.equals("endpoint")) {
      if (hasEndpoint) {
        throw new BadStreamException("a second endpoint");
      }
      hasEndpoint = true;
      reader.endpoint(ServerEndpoint.target(url, event.data()));
    } else if (!hasEndpoint) {
      throw new BadStreamException("an event before the endpoint");
    } else if (name.equals("message") && event.data().length > 0) {
      waiting.add(event.data());
      give();
    }
  }

  private void give() {
    if (giving) {
      return;
    }
    giving = true;
    while (!over && !taking && !waiting.isEmpty()) {
      taking = true;
      reader.message(waiting.remove());
    }
    giving = false;
    if (last != null && !taking) {
      fail(last.kind(), last.detail());
    }
    hold();
  }

  /** Lets the server wait while a message does. */
  private void hold() {
    boolean behind = taking && !over;
    if (behind != paused && exchange != null) {
      paused = behind;
      if (behind) {
        exchange.pause();
      } else {
        exchange.resume();
      }
    }
  }

  @Override
  public void comment() {
    // It keeps the connection alive, and means nothing.
  }

  @Override
  public void end() {
    failed(
        new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, true, "the server ended its stream"));
  }

  @Override
  public void failed(UpstreamFailure failure) {
    last = failure;
    give();
  }

  private void fail(UpstreamFailure.Kind kind, String detail) {
    if (!over) {
      close();
      reader.ended(kind, detail);
    }
  }
}
