// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.sse.SseMark;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The stream of one server on a path with several: its messages, with names as the client knows
 * them, one after the other. The server is not read while one of them waits, for a large one before
 * it or for whoever takes them. Confined to the call's loop.
 */
final class MemberStream implements ResponseStream {
  private final ExposedMessages messages;
  private final Sink sink;
  private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
  private Runnable goOn = () -> {};
  private boolean over;

  /** Who takes the messages. */
  interface Sink {
    /** Takes one; the next is handed over when this is complete. */
    CompletableFuture<Void> message(ExposedMessages.Exposed said);

    /** Nothing more comes. */
    void ended(boolean whole);

    /** Nothing more comes, because a message could not be read. */
    void failed(Throwable failure);

    /** The server is there and says nothing, which matters where the client hears only of it. */
    default void keepAlive() {}

    /** Whether the client keeps up. */
    boolean writable();
  }

  MemberStream(ExposedMessages messages, Sink sink) {
    this.messages = messages;
    this.sink = sink;
  }

  @Override
  public void message(SseMark mark, byte[] json) {
    last = last.thenCompose(before -> take(json)).exceptionally(this::fail);
    if (!last.isDone()) {
      last.thenRun(this::caughtUp);
    }
  }

  private CompletableFuture<Void> take(byte[] json) {
    return over
        ? CompletableFuture.completedFuture(null)
        : messages.read(json).thenCompose(sink::message);
  }

  private @Nullable Void fail(Throwable failure) {
    if (!over) {
      over = true;
      sink.failed(failure);
    }
    return null;
  }

  @Override
  public void mark(SseMark mark) {
    // Ids are for going on by GET, which this path does not have.
  }

  @Override
  public void keepAlive() {
    sink.keepAlive();
  }

  @Override
  public void end() {
    last = last.thenRun(() -> over(true));
  }

  @Override
  public void abort() {
    last = last.thenRun(() -> over(false));
  }

  private void over(boolean whole) {
    if (!over) {
      over = true;
      sink.ended(whole);
    }
  }

  /** Completes when what came so far is taken. */
  CompletableFuture<Void> settled() {
    return last;
  }

  @Override
  public boolean writable() {
    return last.isDone() && sink.writable();
  }

  @Override
  public void onWritable(Runnable task) {
    goOn = task;
  }

  /** The client may have caught up. */
  void caughtUp() {
    if (writable()) {
      goOn.run();
    }
  }
}
