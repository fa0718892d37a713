// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.Era;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What the gateway itself says to a program before it forwards anything: the only messages that no
 * caller asked for. It declares no capabilities, so a program has nothing to ask it.
 */
final class Handshake {
  /** A program that has not answered by then is no server; fetching it may take a while. */
  static final Duration TIME_MAX = Duration.ofSeconds(60);

  private static final String INITIALIZE =
      "{\"protocolVersion\":\"%s\",\"capabilities\":{},\"clientInfo\":{\"name\":\"countersign\",\"version\":\"1\"}}"
          .formatted(Era.LEGACY_VERSIONS.getFirst());
  private static final String DISCOVER =
      "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"%s\",\"io.modelcontextprotocol/clientCapabilities\":{},\"io.modelcontextprotocol/clientInfo\":{\"name\":\"countersign\",\"version\":\"1\"}}}"
          .formatted(Era.MODERN_VERSION);
  private static final byte[] INITIALIZED =
      MessageEdits.utf8("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");

  private Handshake() {}

  /** Opens the one legacy session of a program that callers share. */
  static CompletableFuture<RpcMessage> legacy(Conversation conversation) {
    return inTime(conversation.ask("initialize", INITIALIZE))
        .thenApply(
            answer -> {
              if (answer instanceof RpcMessage.Result) {
                conversation.tell(INITIALIZED);
              }
              return answer;
            });
  }

  /** Asks whether a program speaks the modern revision; a legacy one knows no such question. */
  static CompletableFuture<RpcMessage> modern(Conversation conversation) {
    return inTime(conversation.ask("server/discover", DISCOVER));
  }

  /** Whether that is the answer of a program that does. */
  static boolean isModern(RpcMessage answer) {
    JsonValue versions =
        answer instanceof RpcMessage.Result result
            ? result.result().member("supportedVersions")
            : null;
    return versions != null
        && versions.elements().stream()
            .anyMatch(
                one -> one.kind() == JsonKind.STRING && one.text().equals(Era.MODERN_VERSION));
  }

  private static CompletableFuture<RpcMessage> inTime(CompletableFuture<RpcMessage> answer) {
    return answer.orTimeout(TIME_MAX.toSeconds(), TimeUnit.SECONDS);
  }
}
