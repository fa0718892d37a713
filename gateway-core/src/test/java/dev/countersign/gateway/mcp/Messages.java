// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import static java.util.Objects.requireNonNull;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Messages from their text. */
final class Messages {
  static final String VERSION = "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"";
  static final String CAPABILITIES = "\"io.modelcontextprotocol/clientCapabilities\":{}";

  private Messages() {}

  static JsonValue json(String text) {
    try {
      return JsonDocument.parse(bytes(text), JsonLimits.DEFAULTS).root();
    } catch (JsonRefusedException e) {
      throw new AssertionError(text, e);
    }
  }

  static RpcMessage rpc(String text) {
    try {
      return RpcReader.read(bytes(text), JsonLimits.DEFAULTS);
    } catch (RpcRefusedException e) {
      throw new AssertionError(text, e);
    }
  }

  /** A request; without {@code params} when they are null. */
  static RpcMessage request(String method, @Nullable String params) {
    return rpc(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\""
            + method
            + "\""
            + (params == null ? "" : ",\"params\":" + params)
            + "}");
  }

  static RpcMessage notification(String method, @Nullable String params) {
    return rpc(
        "{\"jsonrpc\":\"2.0\",\"method\":\""
            + method
            + "\""
            + (params == null ? "" : ",\"params\":" + params)
            + "}");
  }

  /** A message as the call line makes it. */
  static McpMessage message(Era era, McpMethod method, String body) {
    JsonValue params = json(body).member("params");
    String nameParam = method.nameParam();
    JsonValue name = params == null || nameParam == null ? null : params.member(nameParam);
    return new McpMessage(
        era,
        method,
        new RpcId.Number(1),
        params,
        method.kind(),
        name == null ? null : name.text(),
        params == null ? null : params.member("arguments"),
        RequestMeta.of(params),
        bytes(body));
  }

  static JsonValue member(JsonValue object, String name) {
    return requireNonNull(object.member(name), name);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
