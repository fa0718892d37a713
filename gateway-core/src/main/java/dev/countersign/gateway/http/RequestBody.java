// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Gathers the body of one request, within bounds. Confined to the connection's event loop. */
final class RequestBody {
  /** What may wait before anyone has asked for the body. */
  private static final int UNASKED_BYTES_MAX = 64 << 10;

  private static final int FIRST_BYTES = 4 << 10;

  private static final byte[] NOTHING = {};

  private static final CompletableFuture<byte[]> FORGOTTEN =
      CompletableFuture.completedFuture(NOTHING);

  private final long declaredLength;
  private final ReadControl control;
  private final BufferHold hold;
  private byte[] bytes = NOTHING;
  private int length;
  private boolean whole;
  private boolean made;
  private int bytesMax = -1;
  private BodyRefusedException.@Nullable Why refused;
  private @Nullable CompletableFuture<byte[]> reader;

  /** What a body may ask of its connection. */
  interface ReadControl {
    /** Stop reading, or go on. */
    void reading(boolean on);

    /** More came, or was announced, than the reader allows or there is room for. */
    void refused(BodyRefusedException.Why why);

    /** Someone waits for the body: tell the client to go on and watch the clock. */
    void wanted();
  }

  /**
   * @param declaredLength {@code Content-Length}, or -1 when the body is chunked
   * @param hold what is gathered is taken from it
   */
  RequestBody(long declaredLength, ReadControl control, BufferHold hold) {
    this.declaredLength = declaredLength;
    this.control = control;
    this.hold = hold;
  }

  /** A body that is there. */
  static RequestBody of(byte[] whole, BufferHold hold) {
    RequestBody body = new RequestBody(whole.length, new Arrived(), hold);
    body.made = true;
    body.bytes = whole;
    body.length = whole.length;
    body.end();
    return body;
  }

  CompletableFuture<byte[]> read(int max) {
    if (reader != null) {
      throw new IllegalStateException("the body is read once");
    }
    reader = new CompletableFuture<>();
    bytesMax = max;
    if (declaredLength > max || length > max) {
      refuse(BodyRefusedException.Why.TOO_LARGE);
    }
    settle();
    if (!reader.isDone()) {
      control.reading(true);
      control.wanted();
    }
    return reader;
  }

  /** Whether someone waits for it, or has it. */
  boolean asked() {
    return reader != null;
  }

  /** Lets go of what has come, and drops what is still to come; nobody will read it. */
  void forget() {
    if (made) {
      // Whoever made it has it anyhow.
      return;
    }
    refuse(BodyRefusedException.Why.CLOSED);
    bytes = NOTHING;
    reader = FORGOTTEN;
    hold.empty();
  }

  boolean within(int max) {
    return whole ? length <= max : declaredLength >= 0 && declaredLength <= max;
  }

  void add(ByteBuf piece) {
    if (refused != null) {
      return;
    }
    int more = piece.readableBytes();
    if (bytesMax >= 0 && length + (long) more > bytesMax) {
      refuse(BodyRefusedException.Why.TOO_LARGE);
      return;
    }
    if (!ensure(length + more)) {
      refuse(BodyRefusedException.Why.NO_ROOM);
      return;
    }
    piece.readBytes(bytes, length, more);
    length += more;
    if (reader == null && length > UNASKED_BYTES_MAX) {
      control.reading(false);
    }
  }

  void end() {
    whole = true;
    settle();
  }

  void refuse(BodyRefusedException.Why why) {
    if (!whole && refused == null) {
      refused = why;
      bytes = NOTHING;
      length = 0;
      if (why == BodyRefusedException.Why.TOO_LARGE || why == BodyRefusedException.Why.NO_ROOM) {
        control.refused(why);
      }
      settle();
    } else if (refused == null && reader != null && !reader.isDone()) {
      refused = why;
      settle();
    }
  }

  /** Whether the last byte has come, so that another request may follow on the connection. */
  boolean whole() {
    return whole;
  }

  private void settle() {
    if (reader == null || reader.isDone()) {
      return;
    }
    if (refused != null) {
      reader.completeExceptionally(new BodyRefusedException(refused));
    } else if (whole) {
      byte[] exact = bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
      bytes = NOTHING;
      reader.complete(exact);
    }
  }

  private boolean ensure(int needed) {
    if (bytes.length < needed) {
      // By what came, not by what was announced: a stranger can announce anything.
      long doubled = Math.max(FIRST_BYTES, 2L * bytes.length);
      long wish = declaredLength >= needed ? Math.min(doubled, declaredLength) : doubled;
      long size = Math.max(needed, Math.min(wish, Integer.MAX_VALUE - 8));
      if (!hold.take(size - bytes.length)) {
        return false;
      }
      bytes = Arrays.copyOf(bytes, (int) size);
    }
    return true;
  }

  /** Nobody is to be asked for the rest of a body that is there. */
  private static final class Arrived implements ReadControl {
    @Override
    public void reading(boolean on) {}

    @Override
    public void refused(BodyRefusedException.Why why) {}

    @Override
    public void wanted() {}
  }
}
