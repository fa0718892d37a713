// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.json.CanonicalJson;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.policy.TargetKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names on a path with several servers behind it: {@code server__name} for tools and prompts,
 * {@code server+uri} for resources and templates (a scheme may hold a plus, RFC 3986 section 3.1).
 * A server's name holds neither separator, so the first one ends it and nothing has to be looked up
 * on the way back.
 */
public final class ExposedNames {
  private static final Pattern SERVER = Pattern.compile("[a-z][a-z0-9-]{0,31}");

  private ExposedNames() {}

  /**
   * What an exposed name stands for.
   *
   * @param server the server's name
   * @param name what that server calls it
   */
  public record Parts(String server, String name) {}

  /** The exposed name of a server's target. */
  public static String of(TargetKind kind, String server, String name) {
    return server + separator(kind) + name;
  }

  /** Takes an exposed name apart; null when it is none. */
  public static @Nullable Parts split(TargetKind kind, String exposed) {
    String separator = separator(kind);
    int at = exposed.indexOf(separator);
    if (at < 0 || at + separator.length() == exposed.length()) {
      return null;
    }
    String server = exposed.substring(0, at);
    return SERVER.matcher(server).matches()
        ? new Parts(server, exposed.substring(at + separator.length()))
        : null;
  }

  /** A request with its target's name replaced by the server's own; all other bytes stay. */
  public static byte[] request(McpMessage message, String name) {
    JsonValue named = nameValue(message);
    return named == null
        ? message.body()
        : new BodyEdit(message.body()).replace(named.start(), named.end(), json(name)).bytes();
  }

  private static @Nullable JsonValue nameValue(McpMessage message) {
    JsonValue params = message.params();
    if (params == null) {
      return null;
    }
    if (message.method() == McpMethod.COMPLETE) {
      JsonValue ref = params.member("ref");
      return ref == null ? null : ref.member(message.kind() == TargetKind.PROMPT ? "name" : "uri");
    }
    String member = message.method().nameParam();
    return member == null ? null : params.member(member);
  }

  /** A list's entry under its exposed name. */
  public static byte[] entry(McpMethod.Listing listing, String server, JsonValue entry) {
    JsonValue name = entry.member(listing.key());
    if (name == null || name.kind() != JsonKind.STRING) {
      return entry.raw();
    }
    int offset = entry.start();
    return new BodyEdit(entry.raw())
        .replace(
            name.start() - offset,
            name.end() - offset,
            json(of(listing.kind(), server, name.text())))
        .bytes();
  }

  /** A result whose resources are named as the client would ask for them. */
  public static byte[] reply(byte[] reply, JsonValue result, McpMethod method, String server) {
    BodyEdit edit = new BodyEdit(reply);
    switch (method) {
      case TOOLS_CALL -> blocks(edit, result.member("content"), server);
      case PROMPTS_GET -> {
        for (JsonValue message : elements(result.member("messages"))) {
          blocks(edit, member(message, "content"), server);
        }
      }
      case RESOURCES_READ -> {
        for (JsonValue content : elements(result.member("contents"))) {
          uri(edit, content, server);
        }
      }
      default -> {}
    }
    return edit.bytes();
  }

  /** A notification that a resource changed, under the exposed URI. */
  public static byte[] updated(byte[] notification, @Nullable JsonValue params, String server) {
    BodyEdit edit = new BodyEdit(notification);
    uri(edit, params, server);
    return edit.bytes();
  }

  private static void blocks(BodyEdit edit, @Nullable JsonValue content, String server) {
    List<JsonValue> blocks =
        content != null && content.kind() == JsonKind.OBJECT ? List.of(content) : elements(content);
    for (JsonValue block : blocks) {
      JsonValue type = member(block, "type");
      String text = type == null || type.kind() != JsonKind.STRING ? "" : type.text();
      if (text.equals("resource_link")) {
        uri(edit, block, server);
      } else if (text.equals("resource")) {
        uri(edit, member(block, "resource"), server);
      }
    }
  }

  private static void uri(BodyEdit edit, @Nullable JsonValue in, String server) {
    JsonValue uri = member(in, "uri");
    if (uri != null && uri.kind() == JsonKind.STRING) {
      edit.replace(uri.start(), uri.end(), json(of(TargetKind.RESOURCE, server, uri.text())));
    }
  }

  private static @Nullable JsonValue member(@Nullable JsonValue object, String name) {
    return object == null || object.kind() != JsonKind.OBJECT ? null : object.member(name);
  }

  private static List<JsonValue> elements(@Nullable JsonValue array) {
    return array == null || array.kind() != JsonKind.ARRAY ? List.of() : array.elements();
  }

  private static String separator(TargetKind kind) {
    return kind == TargetKind.RESOURCE || kind == TargetKind.RESOURCE_TEMPLATE ? "+" : "__";
  }

  private static byte[] json(String text) {
    return CanonicalJson.quoted(text).getBytes(StandardCharsets.UTF_8);
  }
}
