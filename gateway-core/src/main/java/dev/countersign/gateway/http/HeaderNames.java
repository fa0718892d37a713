// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Header names from the bytes of a head, in lower case. Those that are seen all the time are not
 * made anew; what they are is fixed, so that nobody can fill the table. Any thread.
 */
final class HeaderNames {
  private static final int SLOTS = 256;
  private static final int BYTES_MAX = 40;

  /**
   * By byte: what it is in lower case, or 0 where no token may have it (RFC 9110 section 5.6.2).
   */
  private static final byte[] TOKEN = new byte[256];

  private static final String[] NAMES = new String[SLOTS];
  private static final byte[][] SPELLED = new byte[SLOTS][];

  static {
    for (char c : "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".toCharArray()) {
      TOKEN[c] = (byte) c;
      TOKEN[Character.toUpperCase(c)] = (byte) c;
    }
    for (String name :
        new String[] {
          "accept",
          "accept-encoding",
          "accept-language",
          "access-control-request-headers",
          "access-control-request-method",
          "authorization",
          "cache-control",
          "connection",
          "content-encoding",
          "content-length",
          "content-type",
          "cookie",
          "dpop",
          "expect",
          "forwarded",
          "host",
          "keep-alive",
          "last-event-id",
          "mcp-method",
          "mcp-name",
          "mcp-protocol-version",
          "mcp-session-id",
          "origin",
          "pragma",
          "proxy-authorization",
          "referer",
          "sec-fetch-dest",
          "sec-fetch-mode",
          "sec-fetch-site",
          "te",
          "traceparent",
          "tracestate",
          "transfer-encoding",
          "user-agent",
          "via",
          "x-forwarded-for",
          "x-forwarded-host",
          "x-forwarded-proto",
          "x-real-ip",
          "x-request-id"
        }) {
      byte[] spelled = name.getBytes(StandardCharsets.US_ASCII);
      int slot = slot(spelled, 0, spelled.length);
      while (NAMES[slot] != null) {
        slot = (slot + 1) % SLOTS;
      }
      NAMES[slot] = name;
      SPELLED[slot] = spelled;
    }
  }

  private HeaderNames() {}

  /**
   * The name in these bytes, which become lower case.
   *
   * @throws IllegalArgumentException when it is no token
   */
  static String take(byte[] bytes, int from, int to) {
    if (from == to) {
      throw new IllegalArgumentException("a header without a name");
    }
    for (int i = from; i < to; i++) {
      byte lower = TOKEN[bytes[i] & 0xff];
      if (lower == 0) {
        throw new IllegalArgumentException("a header's name is no token");
      }
      bytes[i] = lower;
    }
    if (to - from <= BYTES_MAX) {
      int slot = slot(bytes, from, to);
      while (NAMES[slot] != null) {
        byte[] spelled = SPELLED[slot];
        if (Arrays.equals(spelled, 0, spelled.length, bytes, from, to)) {
          return NAMES[slot];
        }
        slot = (slot + 1) % SLOTS;
      }
    }
    return new String(bytes, from, to - from, StandardCharsets.US_ASCII);
  }

  private static int slot(byte[] bytes, int from, int to) {
    int hash = to - from;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    return (hash ^ (hash >>> 11)) & (SLOTS - 1);
  }
}
