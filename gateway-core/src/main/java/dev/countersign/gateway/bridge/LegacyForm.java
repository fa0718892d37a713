// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.bridge;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.JsonText;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.ModernErrors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a modern server says, as a legacy client reads it: results without the marks that were not
 * there before 2026-07-28, the old code for a missing resource, questions as requests.
 */
public final class LegacyForm {
  private static final String SERVER_INFO = "io.modelcontextprotocol/serverInfo";
  private static final String SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";
  private static final Set<String> MARKS = Set.of("resultType", "ttlMs", "cacheScope");

  /** Tasks of the two eras have nothing in common but the name. */
  private static final Set<String> CAPABILITIES =
      Set.of("completions", "logging", "prompts", "resources", "tools");

  private LegacyForm() {}

  /**
   * An answer.
   *
   * @param method what was asked
   * @param bytes the answer's
   */
  public static byte[] answer(McpMethod method, RpcMessage answer, byte[] bytes) {
    return switch (answer) {
      case RpcMessage.Result result -> new BodyEdit(bytes).remove(result.result(), MARKS).bytes();
      case RpcMessage.Failure failure -> failure(method, failure, bytes);
      case RpcMessage.Request request -> throw new IllegalArgumentException("no answer");
      case RpcMessage.Notification notification -> throw new IllegalArgumentException("no answer");
    };
  }

  private static byte[] failure(McpMethod method, RpcMessage.Failure failure, byte[] bytes) {
    return method == McpMethod.RESOURCES_READ
            && failure.code() == ModernErrors.INVALID_PARAMS
            && failure.message().equals(ModernErrors.NO_SUCH_RESOURCE)
        ? ModernErrors.withCode(
            bytes, failure.document().root(), ModernErrors.LEGACY_RESOURCE_UNKNOWN)
        : bytes;
  }

  /** Whether a server answers that it needs something of the client first. */
  public static boolean asks(RpcMessage answer) {
    JsonValue type =
        answer instanceof RpcMessage.Result result ? result.result().member("resultType") : null;
    return type != null && type.kind() == JsonKind.STRING && type.text().equals("input_required");
  }

  /** A notification, without the subscription that it came by. */
  public static byte[] notification(RpcMessage.Notification notification, byte[] bytes) {
    JsonValue params = notification.params();
    JsonValue meta = params == null ? null : params.member("_meta");
    return meta == null || meta.kind() != JsonKind.OBJECT
        ? bytes
        : new BodyEdit(bytes).remove(meta, Set.of(SUBSCRIPTION_ID)).bytes();
  }

  /**
   * A question of a server as a request.
   *
   * @param params the question's, or null
   */
  public static byte[] question(RpcId.Text id, McpMethod method, @Nullable JsonValue params) {
    return bytes(
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + id.json()
            + ",\"method\":\""
            + method.wire()
            + "\""
            + (params == null ? "" : ",\"params\":" + params(id, params))
            + "}");
  }

  /** A page has to have an id in 2025-11-25, and need not have one after that. */
  private static String params(RpcId.Text id, JsonValue params) {
    String json = new String(params.raw(), StandardCharsets.UTF_8);
    JsonValue mode = params.member("mode");
    return mode != null
            && mode.kind() == JsonKind.STRING
            && mode.text().equals("url")
            && params.member("elicitationId") == null
        ? "{\"elicitationId\":" + id.json() + "," + json.substring(1)
        : json;
  }

  /** Takes a question back. */
  public static byte[] takenBack(RpcId.Text id, String why) {
    return bytes(
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":"
            + id.json()
            + ",\"reason\":"
            + JsonText.quoted(why)
            + "}}");
  }

  /**
   * The revision that a session goes on in.
   *
   * @param asked what {@code initialize} asked for, or null
   */
  public static String version(@Nullable JsonValue asked) {
    return asked != null
            && asked.kind() == JsonKind.STRING
            && Era.LEGACY_VERSIONS.contains(asked.text())
        ? asked.text()
        : Era.LEGACY_VERSIONS.getFirst();
  }

  /** Whether a server that was asked what it speaks speaks the modern revision. */
  public static boolean isModern(JsonValue discovered) {
    JsonValue versions = discovered.member("supportedVersions");
    return versions != null
        && versions.kind() == JsonKind.ARRAY
        && versions.elements().stream()
            .anyMatch(
                version ->
                    version.kind() == JsonKind.STRING && version.text().equals(Era.MODERN_VERSION));
  }

  /**
   * The answer to {@code initialize}.
   *
   * @param server its name in the settings, for one that says none
   */
  public static byte[] initialized(RpcId id, String version, JsonValue discovered, String server) {
    List<String> members = new ArrayList<>(4);
    members.add("\"protocolVersion\":" + JsonText.quoted(version));
    members.add("\"capabilities\":" + capabilities(discovered.member("capabilities")));
    members.add("\"serverInfo\":" + serverInfo(discovered, server));
    JsonValue instructions = discovered.member("instructions");
    if (instructions != null && instructions.kind() == JsonKind.STRING) {
      members.add("\"instructions\":" + text(instructions));
    }
    return bytes(
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + id.json()
            + ",\"result\":{"
            + String.join(",", members)
            + "}}");
  }

  private static String capabilities(@Nullable JsonValue declared) {
    List<String> kept = new ArrayList<>();
    if (declared != null && declared.kind() == JsonKind.OBJECT) {
      for (JsonMember capability : declared.members()) {
        if (CAPABILITIES.contains(capability.name())
            && capability.value().kind() == JsonKind.OBJECT) {
          kept.add("\"" + capability.name() + "\":" + text(capability.value()));
        }
      }
    }
    return "{" + String.join(",", kept) + "}";
  }

  private static String serverInfo(JsonValue discovered, String server) {
    JsonValue meta = discovered.member("_meta");
    JsonValue said =
        meta != null && meta.kind() == JsonKind.OBJECT ? meta.member(SERVER_INFO) : null;
    return said != null && isText(said, "name") && isText(said, "version")
        ? text(said)
        : "{\"name\":" + JsonText.quoted(server) + ",\"version\":\"unknown\"}";
  }

  private static boolean isText(JsonValue object, String name) {
    JsonValue value = object.kind() == JsonKind.OBJECT ? object.member(name) : null;
    return value != null && value.kind() == JsonKind.STRING;
  }

  private static String text(JsonValue value) {
    return new String(value.raw(), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
