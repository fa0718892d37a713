// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.IOException;
import java.util.Map;

/**
 * {@code @modelcontextprotocol/server-everything} on loopback: a 2025-11-25 server others wrote.
 */
final class EverythingServer implements AutoCloseable {
  private final PeerServer server;

  private EverythingServer(PeerServer server) {
    this.server = server;
  }

  static EverythingServer start() throws IOException, InterruptedException {
    return new EverythingServer(PeerServer.start("everything.mjs"));
  }

  /** The same by the transport of 2024-11-05. */
  static EverythingServer startHttpSse() throws IOException, InterruptedException {
    return new EverythingServer(PeerServer.start("everything.mjs", Map.of("TRANSPORT", "sse")));
  }

  String url() {
    return server.at("url");
  }

  /** For a failure's message. */
  String report() {
    return server.report();
  }

  @Override
  public void close() {
    server.close();
  }
}
