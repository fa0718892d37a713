// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli.demo;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A small HTTP server for development that no web page can reach, on 127.0.0.1 unless told
 * otherwise.
 *
 * <p>A request whose {@code Host} is not this server, or that carries an {@code Origin}, is
 * answered 403: the first stops DNS rebinding, the second pages that know the port. Handlers run on
 * virtual threads, one for each exchange.
 */
final class DemoHttp implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<String> hosts;
  private final String authority;

  /** Binds on loopback, without accepting yet; port 0 takes any free one. */
  DemoHttp(int port) throws IOException {
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 0);
    int bound = server.getAddress().getPort();
    this.authority = "127.0.0.1:" + bound;
    this.hosts = Set.of(authority, "localhost:" + bound);
    server.setExecutor(threads);
  }

  /** Binds on any address, without accepting yet; only the one authority is answered. */
  DemoHttp(InetSocketAddress address, String authority) throws IOException {
    this.server = HttpServer.create(address, 0);
    this.authority = authority;
    this.hosts = Set.of(authority);
    server.setExecutor(threads);
  }

  /** Serves exactly this path; what lies below it is 404. */
  void serve(String path, HttpHandler handler) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            if (!isFromHere(exchange.getRequestHeaders())) {
              answer(exchange, 403);
            } else if (!exchange.getRequestURI().toString().equals(path)) {
              answer(exchange, 404);
            } else {
              handler.handle(exchange);
            }
          }
        });
  }

  /** Accepts; {@code /readyz} answers 200 from now on. */
  void start() {
    serve("/readyz", exchange -> answer(exchange, 200));
    server.start();
  }

  /** The start of every URL here, without a slash at its end. */
  String origin() {
    return "http://" + authority;
  }

  /** The port it is bound to. */
  int port() {
    return server.getAddress().getPort();
  }

  /** Answers without a body. */
  static void answer(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, -1);
  }

  /** Answers with JSON. */
  static void answer(HttpExchange exchange, int status, byte[] json) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, json.length);
    exchange.getResponseBody().write(json);
  }

  /** Cuts what is open. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private boolean isFromHere(Headers headers) {
    List<String> host = headers.getOrDefault("Host", List.of());
    return host.size() == 1 && hosts.contains(host.getFirst()) && !headers.containsKey("Origin");
  }
}
