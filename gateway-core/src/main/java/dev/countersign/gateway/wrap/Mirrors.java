// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.wrap;

import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.HeaderAgreement;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.RequestMeta;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The headers that a modern client would send over HTTP, made from the body they mirror. */
final class Mirrors {
  private static final String VERSION = "mcp-protocol-version";

  private Mirrors() {}

  static List<Header> of(RpcMessage.Request request) {
    List<Header> headers = new ArrayList<>();
    String version = RequestMeta.of(request.params()).version();
    headers.add(new Header(VERSION, version == null ? "" : version));
    headers.add(new Header("mcp-method", request.method()));
    McpMethod method = McpMethod.of(request.method(), Era.MODERN);
    String member = method == null ? null : method.nameParam();
    JsonValue params = request.params();
    JsonValue name = member == null || params == null ? null : params.member(member);
    if (name != null && name.kind() == JsonKind.STRING) {
      headers.add(new Header("mcp-name", HeaderAgreement.encode(name.text())));
    }
    return headers;
  }

  static List<Header> version() {
    return List.of(new Header(VERSION, Era.MODERN_VERSION));
  }

  /** The request that a notification takes back, or null. */
  static @Nullable RpcId cancelled(RpcMessage.Notification notification) {
    JsonValue params = notification.params();
    JsonValue id = params == null ? null : params.member("requestId");
    if (id == null) {
      return null;
    }
    if (id.kind() == JsonKind.STRING) {
      return new RpcId.Text(id.text());
    }
    return id.integer().isPresent() ? new RpcId.Number(id.integer().getAsLong()) : null;
  }
}
