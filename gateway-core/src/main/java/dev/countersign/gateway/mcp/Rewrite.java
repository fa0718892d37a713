// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.json.CanonicalJson;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The places where the gateway changes a message on its way. Everything else passes byte for byte.
 *
 * <ul>
 *   <li>What a client declares is cut down to what it may be asked for: servers must not use what
 *       was not declared, so this is the first fence around sampling, elicitation and roots.
 *   <li>What a server declares is cut down to what the gateway serves.
 *   <li>Lists lose the entries that the caller may not see, and are then nobody else's to cache.
 * </ul>
 */
public final class Rewrite {

  /** Server capabilities whose methods the gateway serves. */
  private static final Set<String> SERVED =
      Set.of("tools", "prompts", "resources", "completions", "logging", "tasks");

  /** The extension for work that goes on after its call. */
  public static final String TASKS = "io.modelcontextprotocol/tasks";

  private static final int TRACESTATE_CHARS_MAX = 512;

  private Rewrite() {}

  /**
   * What a modern request declares, as it goes to the server.
   *
   * @param granted the capabilities that are left, as JSON
   * @param logLevelMax the server is asked to log this much and no more
   */
  public static void modernRequest(
      McpMessage message, BodyEdit edit, String granted, LogLevel logLevelMax) {
    JsonValue capabilities = message.meta().capabilities();
    if (capabilities != null && capabilities.size() > 0) {
      edit.replace(capabilities.start(), capabilities.end(), bytes(granted));
    }
    JsonValue level = RequestMeta.logLevel(message.params());
    if (level != null) {
      LogLevel asked = level.kind() == JsonKind.STRING ? LogLevel.of(level.text()) : null;
      if (asked == null || asked.saysMoreThan(logLevelMax)) {
        edit.replace(level.start(), level.end(), bytes('"' + logLevelMax.wire() + '"'));
      }
    }
  }

  /**
   * What a message says of the trace that it is part of: a sound {@code traceparent} passes, and
   * with it a {@code tracestate} of a size that all must take (W3C Trace Context, section 3.3).
   * {@code baggage} stays here: it may say anything, to anybody after us.
   */
  public static void traceContext(@Nullable JsonValue params, BodyEdit edit) {
    JsonValue meta = params == null ? null : params.member("_meta");
    if (meta == null
        || (meta.member("traceparent") == null
            && meta.member("tracestate") == null
            && meta.member("baggage") == null)) {
      return;
    }
    Set<String> dropped = new HashSet<>(Set.of("baggage"));
    if (RequestMeta.of(params).traceId() == null) {
      dropped.add("traceparent");
    }
    JsonValue state = meta.member("tracestate");
    if (dropped.contains("traceparent") || state == null || !isTraceState(state)) {
      dropped.add("tracestate");
    }
    edit.remove(meta, dropped);
  }

  private static boolean isTraceState(JsonValue state) {
    return state.kind() == JsonKind.STRING
        && state.text().length() <= TRACESTATE_CHARS_MAX
        && state.text().chars().allMatch(c -> c >= 0x20 && c <= 0x7e);
  }

  /** A request for a list that goes on from another cursor than it says. */
  public static byte[] cursor(McpMessage message, String cursor) {
    JsonValue given = message.params() == null ? null : message.params().member("cursor");
    return given == null
        ? message.body()
        : new BodyEdit(message.body())
            .replace(given.start(), given.end(), bytes(CanonicalJson.quoted(cursor)))
            .bytes();
  }

  /**
   * {@code initialize} as it goes to the server: a version we speak, and of what was declared what
   * is granted.
   *
   * @param spoken the revisions that may be agreed on, newest first
   */
  public static byte[] initializeRequest(
      McpMessage message, ClientCapabilities granted, List<String> spoken) {
    BodyEdit edit = new BodyEdit(message.body());
    JsonValue params = message.params();
    if (params != null) {
      JsonValue capabilities = params.member("capabilities");
      if (capabilities != null && capabilities.size() > 0) {
        edit.replace(capabilities.start(), capabilities.end(), bytes(granted.json()));
      }
      JsonValue version = params.member("protocolVersion");
      if (version != null
          && version.kind() == JsonKind.STRING
          && !spoken.contains(version.text())) {
        edit.replace(version.start(), version.end(), bytes('"' + spoken.getFirst() + '"'));
      }
    }
    return edit.bytes();
  }

  /**
   * {@code logging/setLevel} as it goes to the server.
   *
   * @param max a request for more is cut to this
   * @throws RefusedException when the level is none
   */
  public static byte[] setLevel(McpMessage message, LogLevel max) {
    JsonValue level = level(message);
    LogLevel granted = logLevel(message, max);
    return level == null || level.text().equals(granted.wire())
        ? message.body()
        : new BodyEdit(message.body())
            .replace(level.start(), level.end(), bytes('"' + granted.wire() + '"'))
            .bytes();
  }

  /**
   * What {@code logging/setLevel} asks for.
   *
   * @param max a request for more is cut to this
   * @throws RefusedException when the level is none
   */
  public static LogLevel logLevel(McpMessage message, LogLevel max) {
    JsonValue level = level(message);
    LogLevel asked =
        level != null && level.kind() == JsonKind.STRING ? LogLevel.of(level.text()) : null;
    if (asked == null) {
      throw RefusedException.of(Reason.PARAMS_INVALID, "params.level must be a log level");
    }
    return asked.saysMoreThan(max) ? max : asked;
  }

  private static @Nullable JsonValue level(McpMessage message) {
    return message.params() == null ? null : message.params().member("level");
  }

  /**
   * The answer to {@code initialize} as the client gets it.
   *
   * @param instructions whether the client gets those of the server
   */
  public static byte[] initialized(byte[] reply, JsonValue result, boolean instructions) {
    BodyEdit edit = facts(reply, result, instructions);
    serverFacts(edit, result, Era.LEGACY);
    CacheHints.narrow(edit, result);
    return edit.bytes();
  }

  /**
   * The answer to {@code server/discover} as the client gets it.
   *
   * @param instructions whether the client gets those of the server
   * @param ttlMillisMax it may be kept so long and no longer
   */
  public static byte[] discovered(
      byte[] reply, JsonValue result, boolean instructions, long ttlMillisMax) {
    BodyEdit edit = facts(reply, result, instructions);
    serverFacts(edit, result, Era.MODERN);
    CacheHints.state(edit, result, ttlMillisMax);
    return edit.bytes();
  }

  /**
   * The answer to a modern {@code resources/read} as the client gets it.
   *
   * @param ttlMillisMax it may be kept so long and no longer
   */
  public static byte[] readResult(byte[] reply, JsonValue result, long ttlMillisMax) {
    BodyEdit edit = new BodyEdit(reply);
    CacheHints.state(edit, result, ttlMillisMax);
    return edit.bytes();
  }

  private static BodyEdit facts(byte[] reply, JsonValue result, boolean instructions) {
    BodyEdit edit = new BodyEdit(reply);
    return instructions ? edit : edit.remove(result, Set.of("instructions"));
  }

  private static void serverFacts(BodyEdit edit, JsonValue result, Era era) {
    JsonValue capabilities = result.member("capabilities");
    if (capabilities != null && capabilities.kind() == JsonKind.OBJECT) {
      edit.replace(capabilities.start(), capabilities.end(), served(capabilities, era));
    }
    JsonValue versions = result.member("supportedVersions");
    if (versions != null && versions.kind() == JsonKind.ARRAY) {
      List<String> spoken = Era.versions();
      edit.replace(
          versions.start(),
          versions.end(),
          entries(versions, v -> v.kind() == JsonKind.STRING && spoken.contains(v.text())));
    }
  }

  /**
   * A list without the entries that are not to be seen.
   *
   * @param entries the array inside the reply
   * @param visible asked once for each entry, in order
   * @param cursors what the client gets for a cursor
   * @param ttlMillisMax a modern list may be kept so long and no longer; negative for legacy ones
   */
  public static byte[] list(
      byte[] reply,
      JsonValue result,
      JsonValue entries,
      Predicate<JsonValue> visible,
      UnaryOperator<String> cursors,
      long ttlMillisMax) {
    BodyEdit edit = new BodyEdit(reply);
    edit.replace(entries.start(), entries.end(), entries(entries, visible));
    JsonValue next = result.member("nextCursor");
    if (next != null && next.kind() == JsonKind.STRING) {
      edit.replace(
          next.start(), next.end(), bytes(CanonicalJson.quoted(cursors.apply(next.text()))));
    }
    if (ttlMillisMax < 0) {
      CacheHints.narrow(edit, result);
    } else {
      CacheHints.state(edit, result, ttlMillisMax);
    }
    return edit.bytes();
  }

  private static byte[] entries(JsonValue array, Predicate<JsonValue> kept) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(array.end() - array.start());
    out.write('[');
    boolean first = true;
    for (JsonValue entry : array.elements()) {
      if (kept.test(entry)) {
        if (!first) {
          out.write(',');
        }
        out.writeBytes(entry.raw());
        first = false;
      }
    }
    out.write(']');
    return out.toByteArray();
  }

  private static byte[] served(JsonValue capabilities, Era era) {
    return members(
        capabilities,
        member ->
            (SERVED.contains(member.name()) || (era.modern() && isExtensions(member)))
                && member.value().kind() == JsonKind.OBJECT,
        member ->
            isExtensions(member)
                ? members(member.value(), part -> part.name().equals(TASKS), null)
                : member.value().raw());
  }

  private static boolean isExtensions(JsonMember capability) {
    return capability.name().equals("extensions");
  }

  private static byte[] members(
      JsonValue object,
      Predicate<JsonMember> kept,
      java.util.function.@Nullable Function<JsonMember, byte[]> value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64);
    byte[] whole = object.raw();
    out.write('{');
    boolean first = true;
    for (JsonMember member : object.members()) {
      if (kept.test(member)) {
        if (!first) {
          out.write(',');
        }
        int from = member.nameStart() - object.start();
        int to = member.value().start() - object.start();
        out.write(whole, from, to - from);
        out.writeBytes(value == null ? member.value().raw() : value.apply(member));
        first = false;
      }
    }
    out.write('}');
    return out.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
