// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes an event stream. */
public final class SseEncoder {
  private static final byte[] MESSAGE = ascii("event: message\ndata: ");
  private static final byte[] NEXT_DATA = ascii("\ndata: ");
  private static final byte[] END = ascii("\n\n");
  private static final byte[] COMMENT = ascii(":\n\n");

  private SseEncoder() {}

  /**
   * A message event. Line ends in the JSON, which can only be white space between tokens, become
   * further data lines, so that the client puts the same text together again.
   */
  public static byte[] message(byte[] json) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + 32);
    out.writeBytes(MESSAGE);
    int start = 0;
    for (int at = 0; at < json.length; at++) {
      if (json[at] == '\n' || json[at] == '\r') {
        out.write(json, start, at - start);
        out.writeBytes(NEXT_DATA);
        start = at + 1;
      }
    }
    out.write(json, start, json.length - start);
    out.writeBytes(END);
    return out.toByteArray();
  }

  /** A comment, which keeps the connection alive and means nothing. */
  public static byte[] comment() {
    return COMMENT.clone();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
