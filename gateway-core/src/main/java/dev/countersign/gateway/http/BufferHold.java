// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/**
 * What one exchange keeps in memory, counted against the {@link BufferBudget} of all and against a
 * share of it: that of strangers, and once its caller is known the caller's own. Given back when
 * nobody retains it any more: the connection does until its answer is flushed or it is closed, the
 * call until it is over. Confined to the exchange's event loop.
 */
public final class BufferHold {
  private static final int HEAD_BYTES_FREE = 3 << 10;

  private final BufferBudget all;
  private BufferBudget share;
  private long bytes;
  private int holders = 1;

  /** An empty one, held once, by whoever makes it. */
  public BufferHold(BufferBudget all, BufferBudget strangersShare) {
    this.all = all;
    this.share = strangersShare;
  }

  /** An empty one that counts against the same, held once, for what is over sooner. */
  public BufferHold another() {
    return new BufferHold(all, share);
  }

  /**
   * Counts this against a caller's share instead; false, and nothing changed, when that is full.
   */
  public boolean chargeTo(BufferBudget callersShare) {
    if (holders == 0 || !callersShare.take(bytes)) {
      return false;
    }
    share.give(bytes);
    share = callersShare;
    return true;
  }

  /** Takes more; false, and nothing taken, when there is no room or nobody holds it any more. */
  public boolean take(long more) {
    if (holders == 0 || !share.take(more)) {
      return false;
    }
    if (!all.take(more)) {
      share.give(more);
      return false;
    }
    bytes += more;
    return true;
  }

  /**
   * Takes what a large head keeps; a usual one is part of what its connection or stream is counted
   * as.
   */
  boolean takeHead(RequestHead head) {
    int more = head.bytes() - HEAD_BYTES_FREE;
    return more <= 0 || take(more);
  }

  /** Gives everything back, and may be used on. */
  void empty() {
    all.give(bytes);
    share.give(bytes);
    bytes = 0;
  }

  /** Keeps it from being given back until one more {@link #release}. */
  public void retain() {
    holders++;
  }

  /** Gives everything back when it is the last. */
  public void release() {
    holders--;
    if (holders == 0) {
      empty();
    }
  }
}
