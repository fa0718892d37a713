// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.bridge;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.JsonText;
import dev.countersign.gateway.mcp.LogLevel;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.RequestMeta;
import dev.countersign.gateway.mcp.SubscriptionFilter;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Requests of 2026-07-28 made of what a legacy client asked for. What its session agreed on is in
 * each of them; all else of its message stays byte for byte.
 */
public final class ModernForm {
  private static final String CLIENT_INFO = "io.modelcontextprotocol/clientInfo";
  private static final String LOG_LEVEL = "io.modelcontextprotocol/logLevel";

  /** What a client that calls itself something longer is called. */
  private static final String NAMELESS = "{\"name\":\"unknown\",\"version\":\"unknown\"}";

  private static final int CLIENT_INFO_BYTES_MAX = 4 << 10;

  /** What a legacy client must not say of a modern request, and what it may say in vain. */
  private static final Set<String> OURS_IN_META =
      Set.of(RequestMeta.VERSION, RequestMeta.CAPABILITIES, CLIENT_INFO, LOG_LEVEL);

  private static final Set<String> OURS_IN_PARAMS =
      Set.of("task", "inputResponses", "requestState");

  private ModernForm() {}

  /**
   * What a session says in each of its requests.
   *
   * @param capabilities as the client declared them
   * @param clientInfo a JSON object
   * @param logLevel what it wants to hear of the server's log, or null
   */
  public record Claim(
      ClientCapabilities capabilities, String clientInfo, @Nullable LogLevel logLevel) {
    private String members() {
      return JsonText.quoted(RequestMeta.VERSION)
          + ":"
          + JsonText.quoted(Era.MODERN_VERSION)
          + ","
          + JsonText.quoted(RequestMeta.CAPABILITIES)
          + ":"
          + capabilities.json()
          + ","
          + JsonText.quoted(CLIENT_INFO)
          + ":"
          + clientInfo
          + (logLevel == null
              ? ""
              : "," + JsonText.quoted(LOG_LEVEL) + ":" + JsonText.quoted(logLevel.wire()));
    }
  }

  /**
   * What a request that comes again brings along.
   *
   * @param answers the client's, a JSON object by the server's names for its questions
   * @param state what the server, or the gateway for it, is to be given back; null when nothing is
   */
  public record Again(String answers, @Nullable String state) {
    private String members() {
      return (answers.equals("{}") ? "" : "\"inputResponses\":" + answers + ",")
          + (state == null ? "" : "\"requestState\":" + JsonText.quoted(state) + ",");
    }
  }

  /** The name and version of a client as it says them in {@code initialize}, as JSON. */
  public static String clientInfo(@Nullable JsonValue said) {
    return said != null
            && said.kind() == JsonKind.OBJECT
            && said.end() - said.start() <= CLIENT_INFO_BYTES_MAX
        ? new String(said.raw(), StandardCharsets.UTF_8)
        : NAMELESS;
  }

  /** {@code server/discover}, for {@code initialize}. */
  public static byte[] discover(RpcId id, Claim claim) {
    return request(id, McpMethod.DISCOVER, "", claim);
  }

  /**
   * {@code tools/list}.
   *
   * @param cursor where the list goes on, or null
   */
  public static byte[] tools(RpcId id, @Nullable String cursor, Claim claim) {
    String from = cursor == null ? "" : "\"cursor\":" + JsonText.quoted(cursor) + ",";
    return request(id, McpMethod.TOOLS_LIST, from, claim);
  }

  /** {@code subscriptions/listen}, for a GET and what was subscribed to. */
  public static byte[] listen(RpcId id, SubscriptionFilter filter, Claim claim) {
    return request(id, McpMethod.LISTEN, "\"notifications\":" + filter.json() + ",", claim);
  }

  private static byte[] request(RpcId id, McpMethod method, String params, Claim claim) {
    return bytes(
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + id.json()
            + ",\"method\":\""
            + method.wire()
            + "\",\"params\":{"
            + params
            + "\"_meta\":{"
            + claim.members()
            + "}}}");
  }

  /**
   * A request of the client's own.
   *
   * @param again what it brings along, or null the first time
   */
  public static byte[] of(McpMessage message, Claim claim, @Nullable Again again) {
    BodyEdit edit = new BodyEdit(message.body());
    String more = again == null ? "" : again.members();
    JsonValue params = message.params();
    if (params == null) {
      int end = lastBrace(message.body());
      String made = ",\"params\":{" + more + "\"_meta\":{" + claim.members() + "}}";
      return edit.replace(end, end, bytes(made)).bytes();
    }
    JsonValue meta = params.member("_meta");
    Set<String> taken = new HashSet<>(OURS_IN_PARAMS);
    if (meta != null && meta.kind() == JsonKind.OBJECT) {
      insert(edit, meta, claim.members(), OURS_IN_META);
    } else {
      taken.add("_meta");
      more += "\"_meta\":{" + claim.members() + "},";
    }
    if (!more.isEmpty()) {
      insert(edit, params, more.substring(0, more.length() - 1), taken);
    } else {
      edit.remove(params, taken);
    }
    return edit.bytes();
  }

  /** Puts members before those of an object, and takes some of its own away. */
  private static void insert(BodyEdit edit, JsonValue object, String members, Set<String> taken) {
    boolean others = object.members().stream().anyMatch(member -> !taken.contains(member.name()));
    edit.replace(object.start() + 1, object.start() + 1, bytes(members + (others ? "," : "")));
    edit.remove(object, taken);
  }

  private static int lastBrace(byte[] json) {
    int at = json.length - 1;
    while (json[at] != '}') {
      at--;
    }
    return at;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
