// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.sse.SseEncoder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The reply to one call, as a Streamable HTTP server would give it, for servers whose messages come
 * on one channel for many calls: JSON when the answer is all there is, events when something comes
 * before it or the answer takes long.
 *
 * <p>What a server says comes on any thread and waits here, bounded, until the call's loop takes
 * it. The listener is called on the loop, and so are the methods of {@link UpstreamExchange}.
 */
public final class PresentedExchange implements UpstreamExchange {
  /** After this an answer that is not there yet is announced as events, which keep alive. */
  private static final Duration JSON_WAIT = Duration.ofSeconds(5);

  private final Loop loop;
  private final ReplyListener listener;
  private final @Nullable String sessionId;
  private final long heldBytesMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final ArrayDeque<Item> held = new ArrayDeque<>();
  private Supplier<String> executor = () -> "unknown";
  private Consumer<PresentedExchange> onCancel = exchange -> {};
  private Loop.@Nullable Timer timer;
  private long heldBytes;
  private @Nullable Runnable roomTask;
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
  public PresentedExchange(
      Loop loop, ReplyListener listener, @Nullable String sessionId, long heldBytesMax) {
    this.loop = loop;
    this.listener = listener;
    this.sessionId = sessionId;
    this.heldBytesMax = heldBytesMax;
  }

  /** Who executes it, and who is told when it is cancelled; set before anything is sent. */
  public void by(Supplier<String> who, Consumer<PresentedExchange> cancelled) {
    executor = who;
    onCancel = cancelled;
  }

  /** Its bytes are on their way to the server. */
  public void dispatched() {
    dispatched = true;
  }

  /** It is sent once more, because the server provably had nothing of it; on the call's loop. */
  public void sentAgain() {
    listener.sentAgain();
  }

  /** Whether any byte may have reached the server. */
  public boolean wasDispatched() {
    return dispatched;
  }

  /** Whether its reply is whole, or nobody waits for it any more. */
  public boolean isOver() {
    lock.lock();
    try {
      return over;
    } finally {
      lock.unlock();
    }
  }

  /** Answers with a status and nothing else. */
  public void status(int status) {
    loop.execute(
        () -> {
          if (finish()) {
            listener.head(new ReplyHead(status, null, false, null, executor.get()));
            listener.end();
          }
        });
  }

  /** Begins the events now, or when the answer lets itself be waited for. */
  public void announce(boolean atOnce) {
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
  public boolean message(byte[] json, boolean last, boolean mayWait) {
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

  /**
   * Runs a task once there is room again, or nobody takes anything more; at once if that is so. One
   * task at a time.
   */
  public void whenRoom(Runnable task) {
    lock.lock();
    try {
      if (!over && heldBytes > 0) {
        roomTask = task;
        return;
      }
    } finally {
      lock.unlock();
    }
    task.run();
  }

  private void tellRoom() {
    Runnable task;
    lock.lock();
    try {
      task = over || heldBytes == 0 ? roomTask : null;
      if (task != null) {
        roomTask = null;
      }
    } finally {
      lock.unlock();
    }
    if (task != null) {
      task.run();
    }
  }

  /** Ends it without a whole reply. */
  public void fail(UpstreamFailure.Kind kind, String detail) {
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
      tellRoom();
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
    boolean first;
    lock.lock();
    try {
      first = !over;
      over = true;
      held.clear();
      heldBytes = 0;
      room.signalAll();
    } finally {
      lock.unlock();
    }
    tellRoom();
    return first;
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
