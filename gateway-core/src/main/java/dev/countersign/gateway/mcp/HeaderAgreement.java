// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Modern requests mirror body fields in headers so that intermediaries can route on them; whoever
 * reads the body must refuse a mirror that lies (MCP 2026-07-28, Streamable HTTP, "Request
 * Metadata"). The body is the truth: policy never sees a header.
 */
public final class HeaderAgreement {
  private static final String SENTINEL_START = "=?base64?";
  private static final String SENTINEL_END = "?=";

  private HeaderAgreement() {}

  /**
   * Compares the mirrors of a modern request with its body.
   *
   * @throws RefusedException with {@link Reason#HEADER_MISMATCH}
   */
  public static void check(
      McpMessage message,
      @Nullable String versionHeader,
      @Nullable String methodHeader,
      @Nullable String nameHeader) {
    equal("MCP-Protocol-Version", versionHeader, message.meta().version());
    equal("Mcp-Method", methodHeader, message.method().wire());
    if (message.method().nameParam() != null) {
      equal("Mcp-Name", nameHeader == null ? null : decode(nameHeader), message.targetName());
    } else if (nameHeader != null) {
      throw mismatch("Mcp-Name has nothing in the body to mirror");
    }
  }

  private static void equal(String header, @Nullable String found, @Nullable String expected) {
    if (found == null) {
      throw mismatch(header + " is missing");
    }
    if (!found.equals(expected)) {
      throw mismatch(header + " and the body disagree");
    }
  }

  /**
   * A mirrored value as it goes on the wire: as it is when it is printable ASCII without outer
   * spaces, else base64 between sentinels.
   */
  public static String encode(String value) {
    boolean plain =
        !value.isEmpty()
            && value.charAt(0) != ' '
            && value.charAt(value.length() - 1) != ' '
            && !(value.startsWith(SENTINEL_START) && value.endsWith(SENTINEL_END))
            && isPrintable(value);
    return plain
        ? value
        : SENTINEL_START
            + Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8))
            + SENTINEL_END;
  }

  private static boolean isPrintable(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) < 0x20 || value.charAt(i) > 0x7e) {
        return false;
      }
    }
    return true;
  }

  /**
   * Undoes {@link #encode}, once.
   *
   * @throws RefusedException with {@link Reason#HEADER_MISMATCH} for base64 that is not canonical
   */
  public static String decode(String header) {
    if (!header.startsWith(SENTINEL_START)
        || !header.endsWith(SENTINEL_END)
        || header.length() < SENTINEL_START.length() + SENTINEL_END.length()) {
      if (!isPrintable(header)) {
        throw mismatch("a mirror must be printable ASCII or base64 between =?base64? and ?=");
      }
      return header;
    }
    String coded =
        header.substring(SENTINEL_START.length(), header.length() - SENTINEL_END.length());
    try {
      byte[] bytes = Base64.getDecoder().decode(coded);
      if (!Base64.getEncoder().encodeToString(bytes).equals(coded)) {
        throw mismatch("a mirror is not canonical base64");
      }
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes))
          .toString();
    } catch (IllegalArgumentException | CharacterCodingException e) {
      throw mismatch("a mirror is not base64 of UTF-8");
    }
  }

  private static RefusedException mismatch(String detail) {
    return RefusedException.of(Reason.HEADER_MISMATCH, detail);
  }
}
