// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parsers that fold case, or drop NULs and spaces, take {@code "Name"} for {@code "name"}: a key
 * that is nearly a protocol key is refused where protocol keys stand (design, section 10, "Keys").
 */
final class KeyFolding {
  /** JSON-RPC 2.0 sections 4 and 5. */
  private static final Map<String, String> ENVELOPE =
      folded("jsonrpc", "id", "method", "params", "result", "error");

  /** MCP schema, all revisions: the members of {@code params} of requests and notifications. */
  private static final Map<String, String> PARAMS =
      folded(
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
  private static final Map<String, String> META =
      folded(
          "progressToken",
          "io.modelcontextprotocol/protocolVersion",
          "io.modelcontextprotocol/clientCapabilities",
          "io.modelcontextprotocol/clientInfo",
          "io.modelcontextprotocol/logLevel",
          "traceparent",
          "tracestate",
          "baggage",
          "dev.countersign/intent");

  private static final Map<String, String> REF = folded("type", "name", "uri");

  private static final Map<String, String> CAPABILITIES =
      folded("sampling", "elicitation", "roots", "tasks", "experimental", "extensions");

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

  private static boolean nearProtocolKey(@Nullable JsonValue object, Map<String, String> keys) {
    if (object == null || object.kind() != JsonKind.OBJECT) {
      return false;
    }
    for (JsonMember member : object.members()) {
      String protocolKey = keys.get(fold(member.name()));
      if ((protocolKey != null && !protocolKey.equals(member.name()))
          || member.name().equals("__proto__")) {
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

  private static Map<String, String> folded(String... keys) {
    Map<String, String> map = new HashMap<>();
    for (String key : keys) {
      map.put(fold(key), key);
    }
    return Map.copyOf(map);
  }
}
