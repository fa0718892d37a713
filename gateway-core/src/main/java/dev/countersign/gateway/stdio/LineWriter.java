// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Writes lines to a pipe from a thread of its own, so that whoever has a line never waits for a
 * reader that does not read. What waits is bounded; a line that finds no room is not taken.
 */
public final class LineWriter {
  private static final byte[] LINE_END = {'\n'};

  private final Opener opener;
  private final long bytesMax;
  private final Runnable onBroken;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Line> waiting = new ArrayDeque<>();
  private final Thread thread;
  private Runnable onRoom = () -> {};
  private long waitingBytes;
  private boolean closing;

  private record Line(byte[] bytes, @Nullable Runnable began) {}

  /** Makes the pipe; runs on the writing thread, before the first line is written. */
  public interface Opener {
    /** May block; a failure ends the writer as a broken pipe does. */
    OutputStream open() throws IOException;
  }

  /**
   * @param name of the thread
   * @param bytesMax what may wait; a single line of any length is taken when nothing else waits
   * @param onBroken runs on the thread when the pipe breaks before it is closed
   */
  public LineWriter(String name, Opener opener, long bytesMax, Runnable onBroken) {
    this.opener = opener;
    this.bytesMax = bytesMax;
    this.onBroken = onBroken;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  /** Begins to write. */
  public LineWriter start() {
    thread.start();
    return this;
  }

  /**
   * Takes one line to write. Never blocks; any thread.
   *
   * @param line without its end; must hold none
   * @param began runs on the writing thread just before the first byte goes out, or null
   * @return false when there is no room for it, or the pipe is closed
   */
  public boolean write(byte[] line, @Nullable Runnable began) {
    lock.lock();
    try {
      if (closing || (waitingBytes > 0 && waitingBytes + line.length > bytesMax)) {
        return false;
      }
      waitingBytes += line.length;
      waiting.add(new Line(line, began));
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that wait or are being written. */
  public long waitingBytes() {
    lock.lock();
    try {
      return waitingBytes;
    } finally {
      lock.unlock();
    }
  }

  /** Sets the task that runs on the writing thread each time a line has been written. */
  public void onRoom(Runnable task) {
    lock.lock();
    try {
      onRoom = task;
    } finally {
      lock.unlock();
    }
  }

  /** Closes the pipe once everything that waits is written; does not wait for that. */
  public void close() {
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until everything is written and the pipe is closed, or the time is over. */
  public void awaitClosed(Duration time) throws InterruptedException {
    thread.join(time);
  }

  private void run() {
    try (OutputStream out = opener.open()) {
      for (Line line = next(); line != null; line = next()) {
        if (line.began != null) {
          line.began.run();
        }
        out.write(line.bytes);
        out.write(LINE_END);
        out.flush();
        written(line);
      }
    } catch (IOException | InterruptedException e) {
      broken();
    }
  }

  private @Nullable Line next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (waiting.isEmpty() && !closing) {
        changed.await();
      }
      return waiting.poll();
    } finally {
      lock.unlock();
    }
  }

  private void written(Line line) {
    Runnable told;
    lock.lock();
    try {
      waitingBytes -= line.bytes.length;
      told = onRoom;
    } finally {
      lock.unlock();
    }
    told.run();
  }

  private void broken() {
    boolean expected;
    lock.lock();
    try {
      expected = closing;
      closing = true;
      waiting.clear();
      waitingBytes = 0;
    } finally {
      lock.unlock();
    }
    if (!expected) {
      onBroken.run();
    }
  }
}
