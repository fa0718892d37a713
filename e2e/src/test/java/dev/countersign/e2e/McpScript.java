// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real MCP client, driven one operation at a time or several side by side.
 *
 * <p>The operations are listed at the head of {@code peers/script.mjs}.
 */
final class McpScript implements AutoCloseable {
  private static final Duration ANSWER_TIME = Duration.ofSeconds(30);

  private final PeerProcess process;
  private final Map<Integer, CompletableFuture<Reply>> waiting = new ConcurrentHashMap<>();
  private final AtomicInteger last = new AtomicInteger();

  private McpScript(PeerProcess process) {
    this.process = process;
  }

  /** Which client, and how it finds the protocol's version. */
  enum Sdk {
    /** Client 2.4.0, 2026-07-28 and nothing else. */
    V2_MODERN("v2-modern"),
    /** Client 2.4.0, asks for 2026-07-28 first. */
    V2_AUTO("v2-auto"),
    /** Client 2.4.0 as it is by default: 2025-11-25. */
    V2_LEGACY("v2-legacy"),
    /** The older sdk 1.32.2: 2025-11-25. */
    V1("v1");

    private final String wireName;

    Sdk(String wireName) {
      this.wireName = wireName;
    }

    /** Whether it speaks 2026-07-28 with a server of both eras. */
    boolean isModern() {
      return this == V2_MODERN || this == V2_AUTO;
    }
  }

  /**
   * What came of an operation.
   *
   * @param ok whether it succeeded
   * @param value its result; missing if it failed
   * @param error {@code name, code, message, data, status}; missing if it succeeded
   * @param progress events of a tool call, each with the {@code time} of its arrival
   */
  record Reply(boolean ok, JsonNode value, JsonNode error, JsonNode progress) {
    /** The code of JSON-RPC, or 0. */
    int code() {
      return error.path("code").asInt();
    }

    /** The text of a tool's first content. */
    String text() {
      return value.path("result").path("content").path(0).path("text").asText();
    }
  }

  static McpScript start() throws IOException, InterruptedException {
    return start(Map.of());
  }

  /** With an environment, such as authorities to trust. */
  static McpScript start(Map<String, String> environment) throws IOException, InterruptedException {
    McpScript script = new McpScript(NodePeers.start("script.mjs", environment));
    script.process.listen(script::answered, script::ended);
    return script;
  }

  /** Connects with a token, or without one if it is empty, and declares no capability. */
  Reply connect(Sdk sdk, String url, String token) throws IOException, InterruptedException {
    return connect(sdk, url, token, PeerProcess.JSON.createObjectNode());
  }

  /** Connects; {@code answers} has what to say when the server asks, by kind. */
  Reply connect(Sdk sdk, String url, String token, ObjectNode answers)
      throws IOException, InterruptedException {
    ObjectNode command = PeerProcess.JSON.createObjectNode();
    command.put("sdk", sdk.wireName).put("url", url).put("token", token).set("answers", answers);
    return ask("connect", command);
  }

  /** Connects with the older SDK's client for the transport of 2024-11-05. */
  Reply connectHttpSse(String url, String token) throws IOException, InterruptedException {
    ObjectNode command = PeerProcess.JSON.createObjectNode();
    command.put("sdk", Sdk.V1.wireName).put("transport", "sse").put("url", url).put("token", token);
    return ask("connect", command);
  }

  /** Starts a program and opens a session with it over its standard input and output. */
  Reply connect(Sdk sdk, List<String> program, Map<String, String> environment)
      throws IOException, InterruptedException {
    ObjectNode command = PeerProcess.JSON.createObjectNode();
    command.put("sdk", sdk.wireName);
    program.forEach(command.putArray("command")::add);
    environment.forEach(command.putObject("environment")::put);
    return ask("connect", command);
  }

  /** Calls a tool and waits for the outcome. */
  Reply call(String tool, String arguments) throws IOException, InterruptedException {
    return result(startCall(tool, arguments));
  }

  /** Calls a tool, with progress asked for, and does not wait. */
  CompletableFuture<Reply> startCall(String tool, String arguments) throws IOException {
    ObjectNode command = PeerProcess.JSON.createObjectNode();
    command.put("name", tool).put("progress", true);
    command.set("arguments", PeerProcess.JSON.readTree(arguments));
    return send("callTool", command);
  }

  /** An operation without arguments. */
  Reply ask(String op) throws IOException, InterruptedException {
    return ask(op, PeerProcess.JSON.createObjectNode());
  }

  Reply ask(String op, ObjectNode arguments) throws IOException, InterruptedException {
    return result(send(op, arguments));
  }

  /** Starts an operation. */
  CompletableFuture<Reply> send(String op, ObjectNode arguments) throws IOException {
    int n = last.incrementAndGet();
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    waiting.put(n, reply);
    process.send(arguments.deepCopy().put("n", n).put("op", op));
    if (!process.isAlive()) {
      ended();
    }
    return reply;
  }

  /** Waits for an operation, thirty seconds at most. */
  Reply result(CompletableFuture<Reply> reply) throws IOException, InterruptedException {
    try {
      return reply.get(ANSWER_TIME.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("no answer: " + process.report(), e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** For a failure's message. */
  String report() {
    return process.report();
  }

  /** Ends the process without a word to the server; {@code ask("close")} says goodbye first. */
  @Override
  public void close() {
    process.close();
  }

  private void answered(JsonNode line) {
    CompletableFuture<Reply> reply = waiting.remove(line.path("n").asInt());
    if (reply != null) {
      reply.complete(
          new Reply(
              line.path("ok").asBoolean(),
              line.path("value"),
              line.path("error"),
              line.has("progress") ? line.path("progress") : line.path("value").path("progress")));
    }
  }

  private void ended() {
    waiting.values().forEach(reply -> reply.completeExceptionally(new IOException("it ended")));
    waiting.clear();
  }
}
