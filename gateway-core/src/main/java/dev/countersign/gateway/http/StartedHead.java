// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a head that is not whole yet. They are kept apart from the network buffers that they
 * came in, which are few and larger than what is in them, and count as memory of strangers: ten
 * thousand heads that are never finished must not take what everybody else needs. Confined to its
 * connection.
 */
final class StartedHead {
  private static final byte[] NOTHING = {};

  private final Supplier<BufferHold> holds;
  private @Nullable BufferHold hold;
  private byte[] bytes = NOTHING;
  private int length;

  /** There is no room for more of it. */
  static final class NoRoomException extends RuntimeException {
    NoRoomException() {
      super("no room for a head in pieces", null, false, false);
    }
  }

  /**
   * @param holds gives one for each head that is begun
   */
  StartedHead(Supplier<BufferHold> holds) {
    this.holds = holds;
  }

  /** How much of it has come. */
  int length() {
    return length;
  }

  /**
   * Adds what has come of it, and leaves that in the buffer.
   *
   * @return it; not to be kept
   * @throws NoRoomException when there is too much in memory
   */
  byte[] add(ByteBuf in, int count) {
    if (bytes.length - length < count) {
      grow(Math.max(length + count, length + length / 2));
    }
    in.getBytes(in.readerIndex(), bytes, length, count);
    length += count;
    return bytes;
  }

  private void grow(int size) {
    if (hold == null) {
      hold = holds.get();
    }
    if (!hold.take(size - bytes.length)) {
      throw new NoRoomException();
    }
    bytes = Arrays.copyOf(bytes, size);
  }

  /** It is whole, or nobody waits for the rest. */
  void letGo() {
    bytes = NOTHING;
    length = 0;
    if (hold != null) {
      hold.release();
      hold = null;
    }
  }
}
