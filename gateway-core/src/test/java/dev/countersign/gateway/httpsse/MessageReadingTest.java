// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.http.EventLoops;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.identity.CallerKey;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class MessageReadingTest {
  private static final int LARGE = WorkPool.INLINE_BYTES_MAX + 1;
  private static final CallerKey CALLER = new CallerKey("oidc", "issuer", "subject", null);

  private final BlockingQueue<String> read = new LinkedBlockingQueue<>();

  private final class Sink implements MessageReading.Sink {
    @Override
    public boolean isOver() {
      return false;
    }

    @Override
    public void read(RpcMessage message) {
      read.add("message");
    }

    @Override
    public void unreadable() {
      read.add("unreadable");
    }
  }

  @Test
  void largeMessageWaitsUntilThereIsRoom() throws Exception {
    EventLoops loops = new EventLoops(1);
    CountDownLatch room = new CountDownLatch(1);
    try (WorkPool work = new WorkPool(kind -> {})) {
      Loop home = loops.loops().getFirst();
      CompletableFuture<Void> taken = CompletableFuture.completedFuture(null);
      while (!taken.isCompletedExceptionally()) {
        taken =
            work.forUnderWay(
                CALLER,
                LARGE,
                home,
                () -> {
                  awaitUninterruptibly(room);
                  return null;
                });
      }
      MessageReading reading = new MessageReading(work, JsonLimits.DEFAULTS, home, new Sink());
      byte[] json =
          ("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":\"" + "x".repeat(LARGE) + "\"}}")
              .getBytes(StandardCharsets.UTF_8);
      CompletableFuture.runAsync(() -> reading.read(CALLER, json), home).join();
      assertThat(read).isEmpty();
      room.countDown();
      assertThat(read.poll(10, TimeUnit.SECONDS)).isEqualTo("message");
    } finally {
      loops.close();
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatIsNoMessageIsTold() {
    EventLoops loops = new EventLoops(1);
    try (WorkPool work = new WorkPool(kind -> {})) {
      new MessageReading(work, JsonLimits.DEFAULTS, loops.loops().getFirst(), new Sink())
          .read(CALLER, "[1]".getBytes(StandardCharsets.UTF_8));
      assertThat(read).containsExactly("unreadable");
    } finally {
      loops.close();
    }
  }
}
