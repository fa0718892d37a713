// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * What a request says about itself in {@code params._meta}. None of it is verified; it is compared,
 * recorded and passed on, never the ground of a decision.
 *
 * @param version {@code io.modelcontextprotocol/protocolVersion}, or null
 * @param capabilities {@code io.modelcontextprotocol/clientCapabilities}, an object, or null
 * @param progressToken a string or number, or null
 * @param traceId the trace id of a well-formed {@code traceparent}, or null
 * @param intent the purpose that the agent declares for this call, at most 500 characters, or null
 * @param logging whether the request asks for log messages
 */
public record RequestMeta(
    @Nullable String version,
    @Nullable JsonValue capabilities,
    @Nullable JsonValue progressToken,
    @Nullable String traceId,
    @Nullable String intent,
    boolean logging) {

  /** The key of the declared protocol version. */
  public static final String VERSION = "io.modelcontextprotocol/protocolVersion";

  /** The key of the client's declared capabilities. */
  public static final String CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

  /** The key under which an agent may say what it is doing: an object with {@code purpose}. */
  public static final String INTENT = "dev.countersign/intent";

  private static final String LOG_LEVEL = "io.modelcontextprotocol/logLevel";
  private static final int INTENT_CHARS_MAX = 500;
  private static final String NO_TRACE = "0".repeat(32);
  private static final String NO_SPAN = "0".repeat(16);

  /** For messages without {@code params} or {@code _meta}. */
  public static final RequestMeta NONE = new RequestMeta(null, null, null, null, null, false);

  /** Whether the message claims to be modern: the key is there, well-formed or not. */
  public static boolean claimsModern(@Nullable JsonValue params) {
    JsonValue meta = params == null ? null : params.member("_meta");
    return meta != null && meta.kind() == JsonKind.OBJECT && meta.member(VERSION) != null;
  }

  /** Whether it holds all that a modern request must. */
  boolean wholeClaim() {
    return version != null && capabilities != null;
  }

  /** The beginning of a text; never half a character. */
  static String cut(String text, int charsMax) {
    if (text.length() <= charsMax) {
      return text;
    }
    boolean inPair = Character.isHighSurrogate(text.charAt(charsMax - 1));
    return text.substring(0, inPair ? charsMax - 1 : charsMax);
  }

  /** Reads it; what is malformed is absent. */
  public static RequestMeta of(@Nullable JsonValue params) {
    JsonValue meta = params == null ? null : params.member("_meta");
    if (meta == null || meta.kind() != JsonKind.OBJECT) {
      return NONE;
    }
    JsonValue capabilities = meta.member(CAPABILITIES);
    JsonValue token = meta.member("progressToken");
    return new RequestMeta(
        text(meta.member(VERSION)),
        capabilities != null && capabilities.kind() == JsonKind.OBJECT ? capabilities : null,
        token != null && (token.kind() == JsonKind.STRING || token.kind() == JsonKind.NUMBER)
            ? token
            : null,
        traceId(text(meta.member("traceparent"))),
        intent(meta.member(INTENT)),
        meta.member(LOG_LEVEL) != null);
  }

  /** What a modern request says of the log messages that it wants; null when it wants none. */
  static @Nullable JsonValue logLevel(@Nullable JsonValue params) {
    JsonValue meta = params == null ? null : params.member("_meta");
    return meta == null ? null : meta.member(LOG_LEVEL);
  }

  private static @Nullable String text(@Nullable JsonValue value) {
    return value != null && value.kind() == JsonKind.STRING ? value.text() : null;
  }

  /** W3C Trace Context, section 3.2: version 00 and whatever starts like it. */
  private static @Nullable String traceId(@Nullable String traceparent) {
    if (traceparent == null || traceparent.length() != 55) {
      return null;
    }
    for (int i = 0; i < 55; i++) {
      char c = traceparent.charAt(i);
      boolean dash = i == 2 || i == 35 || i == 52;
      boolean hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      if (dash ? c != '-' : !hex) {
        return null;
      }
    }
    boolean invalid =
        traceparent.startsWith("ff")
            || traceparent.startsWith(NO_TRACE, 3)
            || traceparent.startsWith(NO_SPAN, 36);
    return invalid ? null : traceparent.substring(3, 35);
  }

  private static @Nullable String intent(@Nullable JsonValue declared) {
    JsonValue purpose =
        declared != null && declared.kind() == JsonKind.OBJECT ? declared.member("purpose") : null;
    String text = text(purpose);
    if (text == null || text.isBlank()) {
      return null;
    }
    return cut(text, INTENT_CHARS_MAX);
  }
}
