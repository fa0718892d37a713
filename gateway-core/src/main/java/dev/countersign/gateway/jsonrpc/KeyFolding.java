// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Parsers that fold case, or drop NULs and spaces, take {@code "Name"} for {@code "name"}: a key
 * that is nearly a protocol key is refused where protocol keys stand ({@code docs/wire.md},
 * "Messages").
 */
final class KeyFolding {
  /** JSON-RPC 2.0 sections 4 and 5. */
  private static final Keys ENVELOPE =
      Keys.of("jsonrpc", "id", "method", "params", "result", "error");

  /** MCP schema, all revisions: the members of {@code params} of requests and notifications. */
  private static final Keys PARAMS =
      Keys.of(
          "_meta",
          "name",
          "arguments",
          "uri",
          "cursor",
          "ref",
          "argument",
          "context",
          "level",
          "protocolVersion",
          "capabilities",
          "clientInfo",
          "requestId",
          "reason",
          "progressToken",
          "progress",
          "taskId",
          "task",
          "inputResponses",
          "requestState",
          "notifications");

  /** MCP 2026-07-28, "_meta", and what older revisions reserve. */
  private static final Keys META =
      Keys.of(
          "progressToken",
          "io.modelcontextprotocol/protocolVersion",
          "io.modelcontextprotocol/clientCapabilities",
          "io.modelcontextprotocol/clientInfo",
          "io.modelcontextprotocol/logLevel",
          "traceparent",
          "tracestate",
          "baggage",
          "dev.countersign/intent");

  private static final Keys REF = Keys.of("type", "name", "uri");

  private static final Keys CAPABILITIES =
      Keys.of("sampling", "elicitation", "roots", "tasks", "experimental", "extensions");

  /** MCP schema, all revisions: what the gateway judges in results, and what stands beside it. */
  private static final Keys RESULT =
      Keys.of(
          "_meta",
          "resultType",
          "tools",
          "prompts",
          "resources",
          "resourceTemplates",
          "contents",
          "content",
          "structuredContent",
          "isError",
          "nextCursor",
          "inputRequests",
          "requestState",
          "protocolVersion",
          "supportedVersions",
          "capabilities",
          "serverInfo",
          "instructions",
          "task",
          "ttlMs",
          "cacheScope");

  /** Members of a list's entries and of a resource's contents, by which they are known. */
  private static final Keys ENTRY =
      Keys.of(
          "name",
          "uri",
          "uriTemplate",
          "title",
          "description",
          "inputSchema",
          "outputSchema",
          "annotations",
          "icons",
          "execution",
          "arguments",
          "mimeType",
          "size",
          "text",
          "blob",
          "_meta");

  private static final List<String> LISTS =
      List.of("tools", "prompts", "resources", "resourceTemplates", "contents");

  private KeyFolding() {}

  /** What is wrong with the keys of the outermost object alone, or null. */
  static @Nullable String envelopeFault(JsonValue envelope) {
    return nearProtocolKey(envelope, ENVELOPE) ? "key_folds_to_protocol_key" : null;
  }

  /** What is wrong with the keys of a message, or null. */
  static @Nullable String fault(JsonValue envelope) {
    String outermost = envelopeFault(envelope);
    if (outermost != null) {
      return outermost;
    }
    JsonValue params = envelope.member("params");
    if (params == null) {
      return null;
    }
    JsonValue meta = params.member("_meta");
    if (nearProtocolKey(params, PARAMS)
        || nearProtocolKey(meta, META)
        || nearProtocolKey(params.member("ref"), REF)
        || nearProtocolKey(params.member("capabilities"), CAPABILITIES)
        || (meta != null
            && nearProtocolKey(
                meta.member("io.modelcontextprotocol/clientCapabilities"), CAPABILITIES))) {
      return "key_folds_to_protocol_key";
    }
    JsonValue arguments = params.member("arguments");
    return arguments != null && siblingsFoldTogether(arguments)
        ? "argument_keys_fold_together"
        : null;
  }

  /** What is wrong with the keys of a server's answer where the gateway judges it, or null. */
  static @Nullable String answerFault(JsonValue envelope) {
    JsonValue result = envelope.member("result");
    if (result == null || result.kind() != JsonKind.OBJECT) {
      return envelopeFault(envelope);
    }
    boolean near = nearProtocolKey(envelope, ENVELOPE) || nearProtocolKey(result, RESULT);
    for (String list : LISTS) {
      JsonValue entries = result.member(list);
      if (entries != null && entries.kind() == JsonKind.ARRAY) {
        for (JsonValue entry : entries.elements()) {
          near = near || nearProtocolKey(entry, ENTRY);
        }
      }
    }
    return near ? "key_folds_to_protocol_key" : null;
  }

  private static boolean nearProtocolKey(@Nullable JsonValue object, Keys keys) {
    if (object == null || object.kind() != JsonKind.OBJECT) {
      return false;
    }
    for (JsonMember member : object.members()) {
      if (keys.near(member.name()) || member.name().equals("__proto__")) {
        return true;
      }
    }
    return false;
  }

  /** Over the whole subtree; recursion is bounded by the document's depth limit. */
  private static boolean siblingsFoldTogether(JsonValue value) {
    Set<String> seen = new HashSet<>();
    for (JsonMember member : value.members()) {
      if (!seen.add(fold(member.name())) || siblingsFoldTogether(member.value())) {
        return true;
      }
    }
    for (JsonValue element : value.elements()) {
      if (siblingsFoldTogether(element)) {
        return true;
      }
    }
    return false;
  }

  /** Simple case folding by way of upper case, which also joins U+017F with s and U+212A with k. */
  static String fold(String key) {
    StringBuilder folded = new StringBuilder(key.length());
    key.codePoints()
        .filter(c -> c != 0 && !Character.isWhitespace(c) && !Character.isSpaceChar(c))
        .map(c -> Character.toLowerCase(Character.toUpperCase(c)))
        .forEach(folded::appendCodePoint);
    return folded.toString();
  }

  /**
   * The keys of one place.
   *
   * @param exact as they are
   * @param folded as they fold
   */
  private record Keys(Set<String> exact, Set<String> folded) {
    static Keys of(String... keys) {
      return new Keys(
          Set.of(keys), Arrays.stream(keys).map(KeyFolding::fold).collect(Collectors.toSet()));
    }

    /** Whether a name folds to one of the keys without being it. */
    boolean near(String name) {
      return !exact.contains(name) && folded.contains(fold(name));
    }
  }
}
