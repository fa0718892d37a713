// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/** Calls that are being made. Any thread but the generator's own. */
public final class Load implements AutoCloseable {
  private static final long LAST_ANSWERS_SECONDS = 20;

  private final EventLoop loop;
  private final Driver driver;
  private final List<Slot> slots;

  Load(EventLoop loop, Driver driver, List<Slot> slots) {
    this.loop = loop;
    this.driver = driver;
    this.slots = slots;
  }

  /** How far it is. */
  public Progress progress() {
    return onLoop(driver::progress);
  }

  /** Latencies of the calls that were answered since the last time, in nanoseconds. */
  public Histogram takeLatencies() {
    return onLoop(driver::takeLatencies);
  }

  /** Makes no more calls, waits a while for the answers that are missing, and says how it ended. */
  public Progress stop() {
    CompletableFuture<Void> quiet = onLoop(driver::stop);
    try {
      quiet.get(LAST_ANSWERS_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      loop.execute(driver::giveUp);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return progress();
  }

  /** As {@link #stop}, and closes the connections. */
  @Override
  public void close() {
    stop();
    loop.submit(() -> slots.forEach(Slot::close)).awaitUninterruptibly();
  }

  private <T> T onLoop(Supplier<T> question) {
    return CompletableFuture.supplyAsync(question, loop).join();
  }
}
