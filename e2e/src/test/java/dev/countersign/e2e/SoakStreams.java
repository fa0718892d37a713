// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Streams that stay open: when one is cut, from whichever side, it is opened again. */
final class SoakStreams {
  private static final AtomicInteger NUMBERS = new AtomicInteger(1_000_000);

  private final Queue<String> faults;
  private final List<Stream> streams = new ArrayList<>();
  private volatile boolean ending;

  SoakStreams(Queue<String> faults) {
    this.faults = faults;
  }

  /** What opens a stream. */
  private enum Kind {
    GET,
    LEGACY_CALL,
    MODERN_CALL
  }

  /** Opens so many for a client, half of them by GET. */
  void open(SoakClient client, int count) {
    for (int i = 0; i < count; i++) {
      Kind kind = i % 2 == 0 ? Kind.GET : i % 4 == 1 ? Kind.LEGACY_CALL : Kind.MODERN_CALL;
      Stream stream = new Stream(client, kind);
      streams.add(stream);
      stream.thread = Thread.ofVirtual().start(stream::run);
    }
  }

  /** One of them loses its client. */
  void leaveOne(RandomGenerator random) {
    streams.get(random.nextInt(streams.size())).leave(random.nextBoolean());
  }

  /** From now on nothing that ends is opened again. */
  void ending() {
    ending = true;
  }

  /** Leaves those that are left. */
  void leaveAll(RandomGenerator random) {
    streams.forEach(stream -> stream.leave(random.nextBoolean()));
  }

  /** Waits until all have ended. */
  void join() throws InterruptedException {
    for (Stream stream : streams) {
      if (stream.thread != null) {
        stream.thread.join();
      }
    }
  }

  private final class Stream {
    private final SoakClient client;
    private final Kind kind;
    private @Nullable Thread thread;
    private volatile @Nullable SoakSocket socket;

    Stream(SoakClient client, Kind kind) {
      this.client = client;
      this.kind = kind;
    }

    void run() {
      while (!ending) {
        try (SoakSocket connected = SoakSocket.connect(client.port())) {
          socket = connected;
          connected.write(request());
          String head = connected.head();
          if (!head.startsWith("http/1.1 200") && !ending) {
            faults.add("a stream by " + kind + " was answered by " + head);
            return;
          }
          connected.drain();
        } catch (IOException e) {
          // Cut, which is the point.
        }
      }
    }

    void leave(boolean reset) {
      SoakSocket open = socket;
      if (open != null) {
        open.leave(reset);
      }
    }

    private String request() {
      return kind == Kind.GET
          ? client.stream()
          : client.request(SoakCall.held(NUMBERS.incrementAndGet(), kind == Kind.MODERN_CALL));
    }
  }
}
