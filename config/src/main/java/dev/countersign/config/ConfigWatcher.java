// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has settings read again when somebody asks, or when what a file holds has changed and then stayed
 * the same for an interval, so that a half-written file is not taken for a new one.
 *
 * <p>It looks at contents, once an interval, and does not ask the system to be told of changes: a
 * watch is on a folder and not on a name, so that every folder on the way of every symbolic link
 * would have to be watched anew after each swap; it is not there on network and some container file
 * systems; and it may overflow. Reading a few small files costs nothing that could be measured.
 *
 * <p>One daemon thread looks and reloads, so that reloads come one after the other; whatever
 * changes during one is seen after it.
 */
public final class ConfigWatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConfigWatcher.class);
  private static final Duration CLOSE_TIME_MAX = Duration.ofSeconds(10);

  private final Duration interval;
  private final Supplier<Sources> reload;
  private final Semaphore requests = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closed;

  /** What was read last, and what was there at the last look; touched by one thread. */
  private Sources inForce;

  private Sources seen;

  /**
   * Does not look yet.
   *
   * @param inForce what the settings in force were read from
   * @param interval between two looks
   * @param reload reads the settings and puts them in force or keeps the old ones; gives what it
   *     read, right or wrong
   */
  ConfigWatcher(Sources inForce, Duration interval, Supplier<Sources> reload) {
    this.inForce = inForce;
    this.seen = inForce;
    this.interval = interval;
    this.reload = reload;
    this.thread = Thread.ofPlatform().daemon().name("countersign-reload").unstarted(this::run);
  }

  /** Starts to watch; the parameters are those of the constructor. */
  public static ConfigWatcher start(Sources inForce, Duration interval, Supplier<Sources> reload) {
    ConfigWatcher watcher = new ConfigWatcher(inForce, interval, reload);
    watcher.thread.start();
    return watcher;
  }

  /** Asks for a reload, whether anything changed or not. Any thread; does not wait for it. */
  public void request() {
    requests.release();
  }

  private void run() {
    try {
      while (!closed) {
        boolean asked = requests.tryAcquire(interval.toNanos(), TimeUnit.NANOSECONDS);
        requests.drainPermits();
        if (!closed) {
          look(asked);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks once. */
  void look(boolean asked) {
    Sources now = inForce.now();
    boolean settled = now.equals(seen);
    seen = now;
    if (asked || (settled && !now.equals(inForce))) {
      inForce = now;
      try {
        inForce = reload.get();
      } catch (RuntimeException e) {
        LOG.atError().setCause(e).log("a reload broke; the settings are kept");
      }
      seen = inForce;
    }
  }

  /** Stops watching; waits for a reload that is under way, up to 10 s. */
  @Override
  public void close() {
    closed = true;
    request();
    try {
      thread.join(CLOSE_TIME_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
