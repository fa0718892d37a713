// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The log's queue and its one thread.
 *
 * <p>Any thread adds to the queue, without a lock; the thread takes a group from it, commits it,
 * completes its receipts, and sleeps when there is nothing. Only the thread changes {@code
 * unavailable}, {@code group} and the fields below it.
 */
final class Committer {
  /** A call whose outcome never comes is not forgotten, so there must not be endlessly many. */
  private static final int OPEN_CALLS_MAX = 1 << 20;

  private static final long PAUSE_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PAUSE_NANOS_MAX = TimeUnit.SECONDS.toNanos(5);

  /** Whoever adds a leaf ends the sleep, so that its length does not matter. */
  private static final long SLEEP_NANOS = TimeUnit.HOURS.toNanos(1);

  /** A disk that does not answer for so long is as good as one that fails. */
  private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final String STALLED = "the disk has not answered for 5 s";
  private static final String CLOSED = "the audit log is closed";

  private final LeafWriter writer;
  private final int queueMax;
  private final AuditObserver observer;
  private final DirectoryLock lock;
  private final Thread thread;
  private final List<AuditDesk> desks = new CopyOnWriteArrayList<>();

  private final ConcurrentLinkedQueue<Waiting> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicLong refused = new AtomicLong();
  private final LostOutcomes lost = new LostOutcomes(OPEN_CALLS_MAX);
  private final AtomicBoolean asleep = new AtomicBoolean();
  private volatile boolean closing;
  private volatile boolean ended;
  private volatile @Nullable String unavailable;

  /** When the group under way was begun, on the nano clock and never 0; 0 while there is none. */
  private volatile long busySince;

  private final Group group;
  private long outageBegan;
  private long pauseNanos;

  Committer(LeafWriter writer, int queueMax, AuditObserver observer, DirectoryLock lock) {
    this.writer = writer;
    this.group = new Group(writer);
    this.queueMax = queueMax;
    this.observer = observer;
    this.lock = lock;
    this.thread = new Thread(this::run, "countersign-audit");
    this.thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  AuditDesk desk(Executor loop, BooleanSupplier onLoop) {
    AuditDesk desk = new AuditDesk(this, loop, onLoop);
    desks.add(desk);
    return desk;
  }

  /** Judges whether a leaf can be taken, and holds a place for it: {@link #take} must follow. */
  Waiting admit(Leaf leaf, @Nullable AuditDesk desk) throws AuditUnavailableException {
    String callId = callId(leaf);
    String why = refusal(leaf);
    if (why != null) {
      refused.incrementAndGet();
      if (leaf instanceof OutcomeLeaf) {
        if (desk != null) {
          desk.handOverFirst();
        }
        lost.add(callId);
        wake();
      }
      throw new AuditUnavailableException(why);
    }
    return new Waiting(leaf, new AuditReceipt(callId, desk));
  }

  private static String callId(Leaf leaf) {
    return switch (leaf) {
      case DecisionLeaf decision -> decision.callId();
      case OutcomeLeaf outcome -> outcome.callId();
      case ConfigLeaf config -> "";
      case NodeLeaf node -> "";
      case SegmentLeaf segment ->
          throw new IllegalArgumentException("only the log itself begins segments");
    };
  }

  void take(List<Waiting> admitted) {
    queue.addAll(admitted);
    if (ended) {
      // The thread looked at the queue for the last time after it had said so.
      failQueue(CLOSED);
      tellDesks();
    } else {
      wake();
    }
  }

  private @Nullable String refusal(Leaf leaf) {
    String why = unavailableReason();
    if (!why.isEmpty() && (leaf instanceof DecisionLeaf || !why.equals(STALLED))) {
      return why;
    }
    if (leaf instanceof DecisionLeaf decision
        && decision.outcomeExpected()
        && writer.openCalls() >= OPEN_CALLS_MAX) {
      return "too many calls are without an outcome: " + OPEN_CALLS_MAX;
    }
    if (queued.incrementAndGet() > queueMax) {
      queued.decrementAndGet();
      return "the audit queue is full: " + queueMax + " leaves wait for the disk";
    }
    return null;
  }

  String unavailableReason() {
    String why = unavailable;
    if (why == null) {
      why = closing ? CLOSED : isStalled() ? STALLED : "";
    }
    return why;
  }

  private boolean isStalled() {
    long since = busySince;
    return since != 0 && System.nanoTime() - since > STALL_NANOS;
  }

  int queued() {
    return queued.get();
  }

  void stop() {
    closing = true;
    LockSupport.unpark(thread);
    if (Thread.currentThread() == thread) {
      return;
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void wake() {
    if (asleep.get() && asleep.compareAndSet(true, false)) {
      LockSupport.unpark(thread);
    }
  }

  /** Sleeps while there is nothing to do, the log is not to close, and the time is not over. */
  private void sleepWhile(BooleanSupplier nothingToDo, long nanos) {
    asleep.set(true);
    // Asked after the mark is set; who adds a leaf looks at the mark afterwards. One of us sees.
    if (nothingToDo.getAsBoolean() && !closing) {
      LockSupport.parkNanos(this, nanos);
    }
    asleep.set(false);
  }

  private void run() {
    try {
      while (!closing || (unavailable == null && !queue.isEmpty())) {
        if (unavailable != null) {
          pause();
          heal();
        } else if (isIdle() && !group.isDue()) {
          sleepWhile(this::isIdle, group.isEmpty() ? SLEEP_NANOS : group.waitNanos());
        } else {
          commitGroup();
        }
        tellDesks();
      }
      end();
    } catch (Error e) {
      breakDown("the audit log's thread ended: " + e);
      throw e;
    } finally {
      closing = true;
      ended = true;
      failQueue(CLOSED);
      tellDesks();
      letGo();
    }
  }

  private boolean isIdle() {
    return queue.isEmpty() && lost.isEmpty();
  }

  private void commitGroup() {
    busySince = System.nanoTime() | 1;
    try {
      takeToDisk();
    } finally {
      busySince = 0;
    }
  }

  private void takeToDisk() {
    try {
      if (!writer.hasRoom()) {
        commit();
      }
      writer.rotateIfFull();
      fillGroup();
      closeLost();
      if (group.isDue()) {
        commit();
      } else if (!group.isEmpty()) {
        writer.write();
        group.mayWait();
      }
    } catch (IOException | RuntimeException e) {
      breakDown(reason(e));
    }
  }

  private void commit() throws IOException {
    int leaves = writer.groupLeaves();
    if (leaves > 0) {
      long began = System.nanoTime();
      int bytes = writer.commit();
      long nanos = System.nanoTime() - began;
      tell(told -> told.committed(leaves, bytes, nanos));
    }
    List<Waiting> committed = group.take();
    queued.addAndGet(-committed.size());
    for (Waiting waiting : committed) {
      waiting.committed();
    }
  }

  private void fillGroup() {
    Waiting waiting;
    while (group.hasRoom() && (waiting = queue.poll()) != null) {
      try {
        group.add(waiting);
      } catch (AuditUnavailableException e) {
        queued.decrementAndGet();
        waiting.failed(e);
      }
    }
  }

  /** Ends calls whose outcome could not be taken; without that they would stay open for ever. */
  private void closeLost() throws IOException {
    String callId;
    // Its decision came before it: once the queue is empty, that is in the log or nowhere.
    while (writer.hasRoom() && (callId = lost.peek()) != null && queue.isEmpty()) {
      lost.removeFirst();
      if (writer.waits(callId)) {
        writer.addOwn(OutcomeLeaf.unknown(callId, "its outcome could not be recorded"));
      }
    }
  }

  private void breakDown(String why) {
    outageBegan = System.nanoTime();
    pauseNanos = 0;
    unavailable = why;
    tell(told -> told.unavailable(why));
    AuditUnavailableException failure = new AuditUnavailableException(why);
    for (Waiting waiting : group.take()) {
      fail(waiting, failure);
    }
    failQueue(why);
  }

  private static String reason(Exception cause) {
    String said = String.valueOf(cause.getMessage());
    boolean full = said.contains("No space left") || said.contains("quota exceeded");
    return (full ? "the audit log's disk is full: " : "the audit log cannot be written: ") + said;
  }

  private void failQueue(String why) {
    AuditUnavailableException failure = new AuditUnavailableException(why);
    Waiting waiting;
    while ((waiting = queue.poll()) != null) {
      fail(waiting, failure);
    }
  }

  private void fail(Waiting waiting, AuditUnavailableException failure) {
    queued.decrementAndGet();
    refused.incrementAndGet();
    if (waiting.leaf() instanceof OutcomeLeaf outcome) {
      lost.add(outcome.callId());
    }
    waiting.failed(failure);
  }

  /** Waits longer from try to try; who had passed the door before it closed does not wait along. */
  private void pause() {
    pauseNanos = Math.clamp(pauseNanos * 2, PAUSE_NANOS_MIN, PAUSE_NANOS_MAX);
    long until = System.nanoTime() + pauseNanos;
    long left;
    while (!closing && (left = until - System.nanoTime()) > 0) {
      failQueue(unavailableReason());
      tellDesks();
      sleepWhile(queue::isEmpty, left);
    }
    failQueue(unavailableReason());
    tellDesks();
  }

  private void heal() {
    try {
      // An interrupt, whoever sent it, would close each file at its first use.
      boolean unused = Thread.interrupted();
      writer.reopen();
      writer.rotateIfFull();
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - outageBegan);
      writer.addOwn(
          new NodeLeaf(
              NodeLeaf.HEALED,
              Map.of("leaves_refused", refused.getAndSet(0), "outage_millis", millis)));
      commit();
    } catch (IOException | RuntimeException e) {
      unavailable = reason(e);
      return;
    }
    unavailable = null;
    tell(AuditObserver::available);
  }

  private void end() {
    if (unavailable != null) {
      heal();
    }
    if (unavailable != null) {
      writer.abandon();
      return;
    }
    try {
      commit();
      writer.rotateIfFull();
      closeLost();
      writer.addOwn(new NodeLeaf(NodeLeaf.STOPPED, Map.of()));
      commit();
      writer.close();
    } catch (IOException | RuntimeException e) {
      breakDown(reason(e));
      writer.abandon();
    }
  }

  private void letGo() {
    try {
      lock.close();
    } catch (IOException _) {
      // Closing drops the lock whatever it answers, and nobody is left to be told.
    }
  }

  private void tellDesks() {
    for (AuditDesk desk : desks) {
      desk.tell();
    }
  }

  private void tell(Consumer<AuditObserver> what) {
    try {
      what.accept(observer);
    } catch (RuntimeException _) {
      // What counts must not stop what records.
    }
  }
}
