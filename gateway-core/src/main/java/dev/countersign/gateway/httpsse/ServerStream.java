// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.http.BufferHold;
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
import java.util.function.Supplier;
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
  private final Supplier<BufferHold> holds;
  private BufferHold hold;
  private long heldBytes;
  private long waitingBytes;
  private int givenBytes;
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
    void refused(int status, String executor);

    /** Messages go there. */
    void endpoint(String target);

    /**
     * The next message; the one after it comes when {@link ServerStream#taken} was called.
     *
     * @param json what the event holds
     */
    void message(byte[] json);

    /** There will be nothing more; what was there was given out. */
    void ended(UpstreamFailure failure);
  }

  /**
   * @param url where it is opened
   * @param eventBytesMax bound on one event
   * @param holds makes what is counted against the memory of all
   */
  ServerStream(URI url, int eventBytesMax, Supplier<BufferHold> holds, Reader reader) {
    this.url = url;
    this.reader = reader;
    this.decoder = new SseDecoder(eventBytesMax);
    this.holds = holds;
    this.hold = holds.get();
  }

  /** What it comes on. */
  void on(UpstreamExchange sent) {
    exchange = sent;
    if (over) {
      sent.cancel();
    } else {
      letWait();
    }
  }

  /** The message that was given out last has found its place. */
  void taken() {
    taking = false;
    waitingBytes -= givenBytes;
    givenBytes = 0;
    give();
    if (!isHeld()) {
      fail(noRoom());
    }
  }

  /** Nobody listens any more. */
  void close() {
    if (over) {
      return;
    }
    over = true;
    waiting.clear();
    hold.release();
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
      close();
      reader.refused(reply.status(), reply.executor());
    } else if (reply.encoded() || !isEvents(reply.contentType())) {
      fail(bad("not an event stream"));
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
      if (!isHeld()) {
        fail(noRoom());
      }
    } catch (SseRefusedException e) {
      fail(bad(String.valueOf(e.getMessage())));
    } catch (BadStreamException e) {
      fail(bad(e.detail()));
    }
  }

  /** Counts what is kept; false when there is no room for it. */
  private boolean isHeld() {
    if (over) {
      return true;
    }
    long kept = decoder.buffered() + waitingBytes;
    if (kept == 0 && heldBytes > 0) {
      hold.release();
      hold = holds.get();
      heldBytes = 0;
    }
    if (kept > heldBytes) {
      if (!hold.take(kept - heldBytes)) {
        return false;
      }
      heldBytes = kept;
    }
    return true;
  }

  private static UpstreamFailure bad(String detail) {
    return new UpstreamFailure(UpstreamFailure.Kind.BAD_REPLY, true, detail);
  }

  private static UpstreamFailure noRoom() {
    return new UpstreamFailure(UpstreamFailure.Kind.BUSY, true, "no room for what the server says");
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
      waitingBytes += event.data().length;
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
      byte[] next = waiting.remove();
      givenBytes = next.length;
      reader.message(next);
    }
    giving = false;
    if (last != null && !taking) {
      fail(last);
    }
    letWait();
  }

  /** Lets the server wait while a message does. */
  private void letWait() {
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

  private void fail(UpstreamFailure failure) {
    if (!over) {
      close();
      reader.ended(failure);
    }
  }
}
