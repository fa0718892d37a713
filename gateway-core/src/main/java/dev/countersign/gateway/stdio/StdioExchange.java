// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.sse.SseEncoder;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The reply to one call, as a Streamable HTTP server would give it: JSON when the answer is all
 * there is, events when something comes before it or the answer takes long.
 *
 * <p>What a program says comes on its reading thread and waits here, bounded, until the call's loop
 * takes it. The listener is called on the loop, and so are the methods of {@link UpstreamExchange}.
 */
final class StdioExchange implements UpstreamExchange {
  /** After this an answer that is not there yet is announced as events, which keep alive. */
  private static final Duration JSON_WAIT = Duration.ofSeconds(5);

  private final Loop loop;
  private final ReplyListener listener;
  private final @Nullable String sessionId;
  private final long heldBytesMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final ArrayDeque<Item> held = new ArrayDeque<>();
  private Supplier<String> executor = () -> "stdio";
  private Consumer<StdioExchange> onCancel = exchange -> {};
  private Loop.@Nullable Timer timer;
  private long heldBytes;
  private int pauses;
  private boolean draining;
  private boolean events;
  private boolean over;
  private volatile boolean dispatched;

  private sealed interface Item {
    record Message(byte[] json, boolean last) implements Item {}

    record Failed(UpstreamFailure failure) implements Item {}
  }

  /**
   * @param sessionId what the head says the session is called, or null
   * @param heldBytesMax what may wait here; one message of any length may
   */
  StdioExchange(Loop loop, ReplyListener listener, @Nullable String sessionId, long heldBytesMax) {
    this.loop = loop;
    this.listener = listener;
    this.sessionId = sessionId;
    this.heldBytesMax = heldBytesMax;
  }

  /** Who executes it, and who is told when it is cancelled; set before anything is sent. */
  void by(Supplier<String> who, Consumer<StdioExchange> cancelled) {
    executor = who;
    onCancel = cancelled;
  }

  /** Its bytes are on their way to the program. */
  void dispatched() {
    dispatched = true;
  }

  /** Whether any byte may have reached the program. */
  boolean wasDispatched() {
    return dispatched;
  }

  boolean isOver() {
    lock.lock();
    try {
      return over;
    } finally {
      lock.unlock();
    }
  }

  /** Answers with a status and nothing else. */
  void status(int status) {
    loop.execute(
        () -> {
          if (finish()) {
            listener.head(new ReplyHead(status, null, false, null, executor.get()));
            listener.end();
          }
        });
  }

  /** Begins the events now, or when the answer lets itself be waited for. */
  void announce(boolean atOnce) {
    loop.execute(
        () -> {
          if (atOnce) {
            openEvents();
          } else if (!isOver()) {
            timer = loop.after(JSON_WAIT, this::openEvents);
          }
        });
  }

  /**
   * Takes a message for the client.
   *
   * @param last whether it is the answer; then there is always room
   * @param mayWait whether to wait for room; else none is an answer, too
   * @return false when there is no room
   */
  boolean message(byte[] json, boolean last, boolean mayWait) {
    lock.lock();
    try {
      while (!over && !last && heldBytes > 0 && heldBytes + json.length > heldBytesMax) {
        if (!mayWait) {
          return false;
        }
        room.awaitUninterruptibly();
      }
      heldBytes += json.length;
      hold(new Item.Message(json, last));
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends it without a whole reply. */
  void fail(UpstreamFailure.Kind kind, String detail) {
    lock.lock();
    try {
      hold(new Item.Failed(new UpstreamFailure(kind, dispatched, detail)));
    } finally {
      lock.unlock();
    }
  }

  private void hold(Item item) {
    if (over) {
      return;
    }
    held.add(item);
    if (!draining) {
      draining = true;
      loop.execute(this::drain);
    }
  }

  private void drain() {
    for (Item item = next(); item != null; item = next()) {
      switch (item) {
        case Item.Message message when message.last -> answer(message.json);
        case Item.Message message -> {
          openEvents();
          listener.data(SseEncoder.message(message.json));
        }
        case Item.Failed failed -> {
          if (finish()) {
            listener.failed(failed.failure);
          }
        }
      }
    }
  }

  private @Nullable Item next() {
    lock.lock();
    try {
      Item item = over || pauses > 0 ? null : held.poll();
      if (item == null) {
        draining = false;
      } else if (item instanceof Item.Message message) {
        heldBytes -= message.json.length;
        room.signalAll();
      }
      return item;
    } finally {
      lock.unlock();
    }
  }

  private void answer(byte[] json) {
    boolean streamed = events;
    if (!finish()) {
      return;
    }
    if (streamed) {
      listener.data(SseEncoder.message(json));
    } else {
      listener.head(new ReplyHead(200, "application/json", false, sessionId, executor.get()));
      listener.data(json);
    }
    listener.end();
  }

  private void openEvents() {
    if (!events && !isOver()) {
      events = true;
      listener.head(new ReplyHead(200, "text/event-stream", false, sessionId, executor.get()));
    }
  }

  /** True for the first to say so. */
  private boolean finish() {
    if (timer != null) {
      timer.cancel();
    }
    lock.lock();
    try {
      boolean first = !over;
      over = true;
      held.clear();
      heldBytes = 0;
      room.signalAll();
      return first;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void cancel() {
    if (finish()) {
      onCancel.accept(this);
    }
  }

  @Override
  public void pause() {
    lock.lock();
    try {
      pauses++;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void resume() {
    lock.lock();
    try {
      pauses--;
      if (pauses == 0 && !held.isEmpty() && !draining) {
        draining = true;
        loop.execute(this::drain);
      }
    } finally {
      lock.unlock();
    }
  }
}
