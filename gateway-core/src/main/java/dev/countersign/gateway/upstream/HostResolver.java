// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Names to addresses through the platform's resolver, which blocks, so it runs on a thread of its
 * own. Answers are kept for 30 seconds. Only names of configured servers are asked for, so the map
 * is as large as the configuration.
 */
final class HostResolver implements AutoCloseable {
  private static final long KEPT_NANOS = Duration.ofSeconds(30).toNanos();
  private static final int WAITING_MAX = 256;
  private static final long RESOLVE_SECONDS = 10;
  // One name that hangs must not hold up the others.
  private static final int THREADS = 4;

  private final ConcurrentHashMap<String, Answer> answers = new ConcurrentHashMap<>();
  private final ThreadPoolExecutor resolver =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          30,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(WAITING_MAX),
          task -> {
            Thread thread = new Thread(task, "countersign-resolver");
            thread.setDaemon(true);
            return thread;
          });

  HostResolver() {
    resolver.allowCoreThreadTimeOut(true);
  }

  private record Answer(CompletableFuture<InetAddress> address, long since) {
    boolean usable(long now) {
      return !address.isDone() || (!address.isCompletedExceptionally() && now - since < KEPT_NANOS);
    }
  }

  CompletableFuture<InetAddress> resolve(String host) {
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
    if (literal != null) {
      try {
        return CompletableFuture.completedFuture(InetAddress.getByAddress(host, literal));
      } catch (UnknownHostException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
    long now = System.nanoTime();
    Answer known = answers.get(host);
    if (known != null && known.usable(now)) {
      return known.address;
    }
    CompletableFuture<InetAddress> fresh = new CompletableFuture<>();
    // A resolver that hangs must not be waited for by every later call.
    fresh.orTimeout(RESOLVE_SECONDS, TimeUnit.SECONDS);
    answers.put(host, new Answer(fresh, now));
    try {
      resolver.execute(
          () -> {
            try {
              fresh.complete(InetAddress.getByName(host));
            } catch (UnknownHostException | RuntimeException | Error e) {
              fresh.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException full) {
      fresh.completeExceptionally(full);
    }
    return fresh;
  }

  @Override
  public void close() {
    resolver.shutdownNow();
  }
}
