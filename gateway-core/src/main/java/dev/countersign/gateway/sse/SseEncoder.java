// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes an event stream. */
public final class SseEncoder {
  private static final byte[] MESSAGE = ascii("event: message\ndata: ");
  private static final byte[] NEXT_DATA = ascii("\ndata: ");
  private static final byte[] END = ascii("\n\n");
  private static final byte[] NO_DATA = ascii("data: \n\n");
  private static final byte[] COMMENT = ascii(":\n\n");

  private SseEncoder() {}

  /**
   * A message event. Line ends in the JSON, which can only be white space between tokens, become
   * further data lines, so that the client puts the same text together again.
   */
  public static byte[] message(byte[] json) {
    return message(SseMark.NONE, json);
  }

  /** As {@link #message(byte[])}, with an id or a pause before it. */
  public static byte[] message(SseMark mark, byte[] json) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + 32);
    write(mark, out);
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

  /** An event without a message: it says where a stream that breaks is to go on, or when. */
  public static byte[] mark(SseMark mark) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    write(mark, out);
    out.writeBytes(NO_DATA);
    return out.toByteArray();
  }

  private static void write(SseMark mark, ByteArrayOutputStream out) {
    if (mark.id() != null) {
      out.writeBytes(ascii("id: " + mark.id() + "\n"));
    }
    if (mark.retry() != null) {
      out.writeBytes(ascii("retry: " + mark.retry() + "\n"));
    }
  }

  /**
   * The event that says where to post.
   *
   * @param uri visible ASCII
   */
  public static byte[] endpoint(String uri) {
    return ascii("event: endpoint\ndata: " + uri + "\n\n");
  }

  /** A comment, which keeps the connection alive and means nothing. */
  public static byte[] comment() {
    return COMMENT.clone();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
