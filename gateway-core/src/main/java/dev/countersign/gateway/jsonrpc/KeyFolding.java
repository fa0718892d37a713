// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import dev.countersign.gateway.json.JsonCursor;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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

  /** What some JSON readers take for an object's prototype. */
  private static final String PROTOTYPE = "__proto__";

  /** What most objects have no more names than. */
  private static final int FEW_NAMES = 8;

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
    byte[] bytes = object.document().bytes();
    for (JsonCursor at = object.cursor(); at.next(); ) {
      if (!(isPlain(bytes, at) && keys.clears(bytes, at.nameStart(), at.nameEnd()))
          && keys.refuses(at.name())) {
        return true;
      }
    }
    return false;
  }

  /** Over the whole subtree; recursion is bounded by the document's depth limit. */
  private static boolean siblingsFoldTogether(JsonValue value) {
    if (value.kind() == JsonKind.OBJECT && namesFoldTogether(value)) {
      return true;
    }
    for (JsonCursor at = value.cursor(); at.next(); ) {
      JsonKind kind = at.kind();
      if ((kind == JsonKind.OBJECT || kind == JsonKind.ARRAY) && siblingsFoldTogether(at.value())) {
        return true;
      }
    }
    return false;
  }

  private static boolean namesFoldTogether(JsonValue object) {
    byte[] bytes = object.document().bytes();
    int[] hashes = new int[FEW_NAMES];
    int count = 0;
    for (JsonCursor at = object.cursor(); at.next(); ) {
      if (!isPlain(bytes, at)) {
        return anyTwoFold(object);
      }
      if (count == hashes.length) {
        hashes = Arrays.copyOf(hashes, count * 2);
      }
      hashes[count++] = foldedHash(bytes, at.nameStart(), at.nameEnd());
    }
    return holdsTwice(hashes, count) && anyTwoFold(object);
  }

  /** Whether one of the first numbers stands twice among them; sorts them. */
  private static boolean holdsTwice(int[] numbers, int count) {
    Arrays.sort(numbers, 0, count);
    for (int i = 1; i < count; i++) {
      if (numbers[i] == numbers[i - 1]) {
        return true;
      }
    }
    return false;
  }

  /** Of any names, and sure: what equal hashes make likely. */
  private static boolean anyTwoFold(JsonValue object) {
    Set<String> seen = new HashSet<>();
    for (JsonCursor at = object.cursor(); at.next(); ) {
      if (!seen.add(fold(at.name()))) {
        return true;
      }
    }
    return false;
  }

  /** Whether a name's bytes are its characters, none of which folds to more than lower case. */
  private static boolean isPlain(byte[] bytes, JsonCursor at) {
    if (at.nameEscaped()) {
      return false;
    }
    for (int i = at.nameStart(); i < at.nameEnd(); i++) {
      if (bytes[i] <= ' ') {
        return false;
      }
    }
    return true;
  }

  /** The {@link String#hashCode} of what a plain name folds to. */
  private static int foldedHash(byte[] plain, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      byte b = plain[i];
      hash = hash * 31 + (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b);
    }
    return hash;
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

  /** The keys of one place. */
  private static final class Keys {
    private final Set<String> exact;
    private final Set<String> folded;

    /** Hashes of folded keys in order, each with a key that folds so; for a quick look. */
    private final int[] hashes;

    private final byte[][] keyOfHash;

    private Keys(Set<String> exact, SortedMap<Integer, byte[]> byHash) {
      this.exact = exact;
      this.folded = exact.stream().map(KeyFolding::fold).collect(Collectors.toSet());
      this.hashes = byHash.keySet().stream().mapToInt(Integer::intValue).toArray();
      this.keyOfHash = byHash.values().toArray(byte[][]::new);
    }

    static Keys of(String... keys) {
      SortedMap<Integer, byte[]> byHash = new TreeMap<>();
      for (String key : keys) {
        byHash.put(fold(key).hashCode(), key.getBytes(StandardCharsets.US_ASCII));
      }
      byHash.put(PROTOTYPE.hashCode(), new byte[0]);
      return new Keys(Set.of(keys), byHash);
    }

    /** Whether a plain name is certainly in order: far from all keys, or one of them. */
    boolean clears(byte[] bytes, int from, int to) {
      int found = Arrays.binarySearch(hashes, foldedHash(bytes, from, to));
      return found < 0
          || Arrays.equals(keyOfHash[found], 0, keyOfHash[found].length, bytes, from, to);
    }

    /** Whether a name folds to one of the keys without being it, or is one that no object has. */
    boolean refuses(String name) {
      return name.equals(PROTOTYPE) || (!exact.contains(name) && folded.contains(fold(name)));
    }
  }
}
