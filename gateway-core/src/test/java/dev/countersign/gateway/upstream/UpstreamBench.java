// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.http.EventLoops;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.SessionLimits;
import dev.countersign.identity.CallerKey;
import io.netty.channel.ChannelException;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.socket.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One loop and its pools. */
final class UpstreamBench implements AutoCloseable {
  static final LimitSettings LIMITS =
      limits(Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(20), 8);

  static final CallerKey ALICE = caller("alice");

  final UpstreamPools pools;

  /** Whether the system has no file descriptor for another connection. */
  volatile boolean noDescriptors;

  /** What was counted. */
  final Counted counted = new Counted();

  private final EventLoops loops;
  private final Loop loop;

  UpstreamBench() {
    this(true);
  }

  UpstreamBench(boolean nativeTransport) {
    loops = new EventLoops(1, nativeTransport);
    loop = loops.loops().getFirst();
    pools = new UpstreamPools(loops, counted, this::channel);
  }

  private SocketChannel channel() {
    if (noDescriptors) {
      throw new ChannelException("too many open files");
    }
    return new ReflectiveChannelFactory<>(loops.clientChannel()).newChannel();
  }

  String transport() {
    return loops.transport();
  }

  /** Counts for tests. */
  static final class Counted implements UpstreamObserver {
    final AtomicInteger stale = new AtomicInteger();
    final AtomicInteger busy = new AtomicInteger();
    final Map<Again, Integer> again = new ConcurrentHashMap<>();

    @Override
    public void stale() {
      stale.incrementAndGet();
    }

    @Override
    public void sentAgain(Again why) {
      again.merge(why, 1, Integer::sum);
    }

    @Override
    public void busy() {
      busy.incrementAndGet();
    }
  }

  static LimitSettings limits(Duration connect, Duration head, Duration idle, int connectionsMax) {
    return limits(connect, head, idle, connectionsMax, LimitSettings.DEFAULTS.keepAlive());
  }

  /** With a ping after so much silence, and so much time for its answer. */
  static LimitSettings watchful(Duration answer, Duration silence) {
    return limits(answer, Duration.ofSeconds(20), Duration.ofSeconds(20), 8, silence);
  }

  private static LimitSettings limits(
      Duration connect, Duration head, Duration idle, int connectionsMax, Duration keepAlive) {
    LimitSettings d = LimitSettings.DEFAULTS;
    return new LimitSettings(
        d.head(),
        d.body(),
        8192,
        d.bodyBytesMax(),
        d.eventBytesMax(),
        d.answerBytesMax(),
        d.bufferedBytesMax(),
        d.depthMax(),
        d.tokensMax(),
        d.connectionsMax(),
        d.streamsPerConnectionMax(),
        d.callsPerCallerMax(),
        d.streamsPerSessionMax(),
        d.sessionsPerCallerMax(),
        d.sessionsMax(),
        d.sessionIdle(),
        d.sessionAgeMax(),
        connect,
        head,
        d.call(),
        d.streamIdle(),
        keepAlive,
        d.connectionIdle(),
        idle,
        connectionsMax,
        d.loopTurn(),
        SessionLimits.DEFAULTS);
  }

  static Endpoint plain(ScriptedServer server) {
    return new Endpoint("s", "127.0.0.1", server.port(), null, false);
  }

  /** HTTP/2 from the first byte. */
  static Endpoint http2(int port) {
    return new Endpoint("s", "127.0.0.1", port, null, true);
  }

  ReplyRecord send(ScriptedServer server, String body) {
    return send(plain(server), LIMITS, body);
  }

  ReplyRecord send(Endpoint endpoint, LimitSettings limits, String body) {
    ReplyRecord record = new ReplyRecord();
    send(endpoint, limits, body, record, exchange -> {});
    return record;
  }

  /** Sends from the loop, as calls do. */
  void send(
      Endpoint endpoint,
      LimitSettings limits,
      String body,
      ReplyListener listener,
      Consumer<UpstreamExchange> then) {
    send(ALICE, endpoint, limits, body, listener, then);
  }

  /** For somebody else than usual. */
  void send(
      CallerKey caller,
      Endpoint endpoint,
      LimitSettings limits,
      String body,
      ReplyListener listener,
      Consumer<UpstreamExchange> then) {
    loop.execute(
        () ->
            then.accept(pools.pool(loop, endpoint, limits).send(caller, request(body), listener)));
  }

  static CallerKey caller(String subject) {
    return new CallerKey("oidc", "https://idp.example", subject, null);
  }

  private static UpstreamRequest request(String body) {
    return new UpstreamRequest(
        "POST", "s", "/mcp", List.of(), body.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** On the loop already, without a turn of it in between. */
  void sendAtOnce(Endpoint endpoint, LimitSettings limits, String body, ReplyListener listener) {
    var unused = pools.pool(loop, endpoint, limits).send(ALICE, request(body), listener);
  }

  /** Runs on the loop, and waits until it has run. */
  void onLoop(Runnable task) {
    CompletableFuture.runAsync(task, loop).join();
  }

  /** Waits for what must come to be, and fails when it does not. */
  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
    }
  }

  @Override
  public void close() {
    pools.close();
    await(() -> pools.connections() == 0);
    loops.close();
  }
}
