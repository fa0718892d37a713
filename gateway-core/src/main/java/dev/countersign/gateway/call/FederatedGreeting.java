// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.json.CanonicalJson;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.session.BoundSession;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What several servers say of themselves, as one server would: capabilities that any of them has,
 * their instructions under their names, and the oldest revision that was agreed on.
 */
final class FederatedGreeting {
  private static final int INSTRUCTIONS_CHARS_MAX = 64 << 10;
  private static final int GREETING_BYTES_MAX = 8 << 10;

  /** Those that a federated path can keep; tasks and extensions are the servers' own. */
  private static final List<String> KEPT =
      List.of("completions", "logging", "prompts", "resources", "tools");

  /** What a capability may say of changes; promised when a server promises it. */
  private static final List<String> PROMISES = List.of("listChanged", "subscribe");

  private final FederatedSessions sessions;

  FederatedGreeting(FederatedSessions sessions) {
    this.sessions = sessions;
  }

  /**
   * The answer to {@code initialize}; opens the session that stands before those of the servers.
   */
  Answer initialized(Call call, List<FanOut.Said> said) {
    Map<String, SessionsBehind.Member> behind = new HashMap<>();
    List<FanOut.Said> greeted = new ArrayList<>();
    String oldest = Era.LEGACY_VERSIONS.getFirst();
    for (FanOut.Said one : said) {
      SessionsBehind.Member opened = opened(one);
      if (opened != null) {
        behind.put(one.server(), opened);
        greeted.add(one);
        // A server of HTTP+SSE is older than what is spoken on this path.
        String spoken = Collections.max(List.of(opened.version(), Era.LEGACY_VERSIONS.getLast()));
        oldest = Collections.min(List.of(oldest, spoken));
      }
    }
    if (greeted.isEmpty()) {
      return firstRefusal(said);
    }
    SessionsBehind others = new SessionsBehind(behind, forLater(call.message(), oldest));
    said.stream()
        .filter(FanOut.Said::hidden)
        .forEach(one -> others.joining(one.server()).failed(true));
    BoundSession session = sessions.open(call, oldest, others);
    if (session == null) {
      throw RefusedException.of(Reason.SESSION_LIMIT);
    }
    Answer answer =
        MessageStep.result(
            String.valueOf(call.rpcIdJson()),
            "{\"protocolVersion\":"
                + CanonicalJson.quoted(oldest)
                + ","
                + facts(greeted)
                + ",\"serverInfo\":"
                + serverInfo()
                + "}");
    List<Header> headers = new ArrayList<>(answer.headers());
    headers.add(new Header("mcp-session-id", session.wireId()));
    return new Answer(200, headers, answer.body());
  }

  /** The session that an answer to {@code initialize} opened, or null when it did not. */
  static SessionsBehind.@Nullable Member opened(FanOut.Said said) {
    String wireId = said.header("mcp-session-id");
    String version = text(said.result(), "protocolVersion");
    return wireId == null || version == null ? null : new SessionsBehind.Member(wireId, version);
  }

  /**
   * What servers that join later are greeted with: the same, for the revision that the client was
   * told. One that is too large to be kept for as long as the session is greets none.
   */
  private static byte @Nullable [] forLater(McpMessage initialize, String told) {
    JsonValue asked = member(initialize.params(), "protocolVersion");
    byte[] greeting =
        asked == null
            ? initialize.body()
            : new BodyEdit(initialize.body())
                .replace(
                    asked.start(),
                    asked.end(),
                    CanonicalJson.quoted(told).getBytes(StandardCharsets.UTF_8))
                .bytes();
    return greeting.length > GREETING_BYTES_MAX ? null : greeting;
  }

  /** The answer to {@code server/discover}. */
  Answer discovered(Call call, List<FanOut.Said> said) {
    List<FanOut.Said> greeted = said.stream().filter(one -> one.result() != null).toList();
    if (greeted.isEmpty()) {
      return firstRefusal(said);
    }
    return MessageStep.result(
        String.valueOf(call.rpcIdJson()),
        "{\"resultType\":\"complete\",\"supportedVersions\":"
            + versions(greeted)
            + ","
            + facts(greeted)
            + ",\"cacheScope\":\"private\",\"ttlMs\":0,"
            + "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
            + serverInfo()
            + "}}");
  }

  private static Answer firstRefusal(List<FanOut.Said> said) {
    return said.stream()
        .filter(one -> one.answer().status() != 400 || one.answer().body().length > 0)
        .findFirst()
        .map(FanOut.Said::answer)
        .orElseThrow(() -> RefusedException.of(Reason.ERA_NOT_SERVED));
  }

  private static String versions(List<FanOut.Said> greeted) {
    TreeSet<String> versions = new TreeSet<>();
    for (FanOut.Said one : greeted) {
      JsonValue supported = member(one.result(), "supportedVersions");
      if (supported != null && supported.kind() == JsonKind.ARRAY) {
        for (JsonValue version : supported.elements()) {
          if (version.kind() == JsonKind.STRING) {
            versions.add(version.text());
          }
        }
      }
    }
    return versions.descendingSet().stream()
        .map(CanonicalJson::quoted)
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static String facts(List<FanOut.Said> greeted) {
    StringBuilder instructions = new StringBuilder();
    for (FanOut.Said one : greeted) {
      String said = text(one.result(), "instructions");
      if (said != null && instructions.length() + said.length() + 64 <= INSTRUCTIONS_CHARS_MAX) {
        instructions.append("# ").append(one.server()).append("\n\n").append(said).append("\n\n");
      }
    }
    StringBuilder json = new StringBuilder("\"capabilities\":").append(capabilities(greeted));
    if (!instructions.isEmpty()) {
      json.append(",\"instructions\":")
          .append(CanonicalJson.quoted(instructions.toString().strip()));
    }
    return json.toString();
  }

  private static String capabilities(List<FanOut.Said> greeted) {
    TreeMap<String, TreeSet<String>> promised = new TreeMap<>();
    for (FanOut.Said one : greeted) {
      JsonValue declared = member(one.result(), "capabilities");
      for (String name : KEPT) {
        JsonValue capability = member(declared, name);
        if (capability != null) {
          TreeSet<String> promises = promised.computeIfAbsent(name, first -> new TreeSet<>());
          PROMISES.stream().filter(each -> isTrue(capability, each)).forEach(promises::add);
        }
      }
    }
    return promised.entrySet().stream()
        .map(
            one ->
                CanonicalJson.quoted(one.getKey())
                    + one.getValue().stream()
                        .map(promise -> CanonicalJson.quoted(promise) + ":true")
                        .collect(Collectors.joining(",", ":{", "}")))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static boolean isTrue(JsonValue capability, String promise) {
    JsonValue value = member(capability, promise);
    return value != null && value.kind() == JsonKind.TRUE;
  }

  private static String serverInfo() {
    String version = FederatedGreeting.class.getPackage().getImplementationVersion();
    return "{\"name\":\"countersign\",\"version\":"
        + CanonicalJson.quoted(version == null ? "unknown" : version)
        + "}";
  }

  private static @Nullable JsonValue member(@Nullable JsonValue object, String name) {
    return object == null || object.kind() != JsonKind.OBJECT ? null : object.member(name);
  }

  private static @Nullable String text(@Nullable JsonValue object, String name) {
    JsonValue value = member(object, name);
    return value != null && value.kind() == JsonKind.STRING ? value.text() : null;
  }
}
