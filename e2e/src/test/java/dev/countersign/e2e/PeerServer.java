// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server script that says on one line where it listens. */
final class PeerServer implements AutoCloseable {
  private static final Duration START_TIME = Duration.ofSeconds(30);

  private final PeerProcess process;
  private final JsonNode ready;

  private PeerServer(PeerProcess process, JsonNode ready) {
    this.process = process;
    this.ready = ready;
  }

  static PeerServer start(String script) throws IOException, InterruptedException {
    return start(script, Map.of());
  }

  static PeerServer start(String script, Map<String, String> environment)
      throws IOException, InterruptedException {
    PeerProcess process = NodePeers.start(script, environment);
    CompletableFuture<JsonNode> first = new CompletableFuture<>();
    process.listen(
        first::complete, () -> first.completeExceptionally(new IOException("it ended at once")));
    try {
      return new PeerServer(process, first.get(START_TIME.toMillis(), TimeUnit.MILLISECONDS));
    } catch (ExecutionException | TimeoutException e) {
      process.close();
      throw new IOException("never ready: " + process.report(), e);
    }
  }

  /** A member of the line it said. */
  String at(String name) {
    return ready.path(name).asText();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String report() {
    return process.report();
  }

  @Override
  public void close() {
    process.close();
  }
}
