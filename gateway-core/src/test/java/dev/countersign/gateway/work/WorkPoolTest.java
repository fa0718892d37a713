// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.EventLoops;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.work.WorkObserver.Refused;
import dev.countersign.identity.CallerKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class WorkPoolTest {
  private static final int LARGE = WorkPool.INLINE_BYTES_MAX + 1;
  private static final CallerKey ALICE =
      new CallerKey("oidc", "https://idp.example", "alice", null);
  private static final CallerKey BOB = new CallerKey("oidc", "https://idp.example", "bob", null);

  private final EventLoops loops = new EventLoops(1);
  private final Loop loop = loops.loops().getFirst();
  private final List<Refused> refused = new CopyOnWriteArrayList<>();
  private final WorkPool pool = new WorkPool(1, 4, 4, refused::add);
  private final CountDownLatch held = new CountDownLatch(1);

  @AfterEach
  void close() {
    held.countDown();
    pool.close();
    loops.close();
  }

  @Test
  void loopGoesOnWhileALargeMessageIsWorkedOn() throws Exception {
    CompletableFuture<Thread> ended = new CompletableFuture<>();
    loop.execute(
        () ->
            pool.forNew(ALICE, LARGE, loop, this::untilLetGo)
                .thenAccept(worker -> ended.complete(Thread.currentThread())));

    Thread loopThread = onLoop(Thread::currentThread);

    assertThat(ended).isNotDone();
    held.countDown();
    assertThat(ended.get(10, TimeUnit.SECONDS)).isSameAs(loopThread);
  }

  @Test
  void largeMessageIsWorkedOnByAThreadOfThePool() throws Exception {
    held.countDown();

    assertThat(
            pool.forNew(ALICE, LARGE, loop, this::untilLetGo).get(10, TimeUnit.SECONDS).getName())
        .startsWith("countersign-work-");
  }

  @Test
  void smallMessageIsWorkedOnAtOnceWhereItIs() {
    Supplier<Thread> where = Thread::currentThread;

    assertThat(pool.forNew(ALICE, WorkPool.INLINE_BYTES_MAX, loop, where).join())
        .isSameAs(Thread.currentThread());
    assertThat(pool.forUnderWay(ALICE, 0, loop, where).join()).isSameAs(Thread.currentThread());
  }

  @Test
  void whatFailsFailsTheSameWayWhateverItsSize() {
    Supplier<String> broken =
        () -> {
          throw RefusedException.of(Reason.PARSE_ERROR);
        };

    for (int bytes : List.of(1, LARGE)) {
      assertThat(pool.forNew(ALICE, bytes, loop, broken))
          .failsWithin(10, TimeUnit.SECONDS)
          .withThrowableThat()
          .havingRootCause()
          .isInstanceOf(RefusedException.class);
    }
  }

  @Test
  void callerThatHasHadItsShareIsRefusedAndNobodyElse() throws Exception {
    List<CompletableFuture<Thread>> taken = new ArrayList<>();
    CountDownLatch begun = new CountDownLatch(1);
    taken.add(
        pool.forNew(
            ALICE,
            LARGE,
            loop,
            () -> {
              begun.countDown();
              return untilLetGo();
            }));
    begun.await();
    taken.add(pool.forNew(ALICE, LARGE, loop, this::untilLetGo));
    taken.add(pool.forNew(ALICE, LARGE, loop, this::untilLetGo));

    assertOverloaded(pool.forNew(ALICE, LARGE, loop, this::untilLetGo));
    assertThat(refused).containsExactly(Refused.NEW);
    taken.add(pool.forNew(BOB, LARGE, loop, this::untilLetGo));
    taken.add(pool.forUnderWay(BOB, LARGE, loop, this::untilLetGo));
    taken.add(pool.forUnderWay(ALICE, LARGE, loop, this::untilLetGo));
    taken.add(pool.forUnderWay(ALICE, LARGE, loop, this::untilLetGo));
    assertOverloaded(pool.forUnderWay(ALICE, LARGE, loop, this::untilLetGo));
    assertThat(refused).containsExactly(Refused.NEW, Refused.UNDER_WAY);
    assertThat(pool.waiting()).isEqualTo(6);
    assertThat(pool.forNew(ALICE, 1, loop, () -> "small").join()).isEqualTo("small");

    held.countDown();
    for (CompletableFuture<Thread> each : taken) {
      assertThat(each).succeedsWithin(10, TimeUnit.SECONDS);
    }
    assertThat(pool.waiting()).isZero();
  }

  private static void assertOverloaded(CompletableFuture<?> refused) {
    assertThat(refused)
        .failsWithin(0, TimeUnit.SECONDS)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            RefusedException.class,
            refusal -> assertThat(refusal.reason()).isEqualTo(Reason.OVERLOADED));
  }

  private Thread untilLetGo() {
    try {
      held.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Thread.currentThread();
  }

  private <T> T onLoop(Supplier<T> task) throws Exception {
    return CompletableFuture.supplyAsync(task, loop).get(10, TimeUnit.SECONDS);
  }
}
