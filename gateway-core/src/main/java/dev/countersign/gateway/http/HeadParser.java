// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the head of a request from bytes that {@link FramingScan} has passed: lines end with CR LF,
 * the request line has three parts, and no other control character is in it.
 */
final class HeadParser {
  private static final int LENGTH_DIGITS_MAX = 18;

  private final byte[] bytes;
  private int at;
  private int lineEnd;
  private int lengths;
  private int codings;
  private long bodyLength;

  private HeadParser(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Reads one head.
   *
   * @param bytes begin with it; are changed
   * @throws IllegalArgumentException when it is not well-formed
   * @throws TooLongFrameException when the request line is too long
   */
  static Http1Request parse(byte[] bytes, int lineBytesMax) {
    return new HeadParser(bytes).parse(lineBytesMax);
  }

  private Http1Request parse(int lineBytesMax) {
    if (bytes[0] == '\r') {
      at = 2;
    }
    nextLine();
    if (lineEnd - at > lineBytesMax) {
      throw new TooLongFrameException("the request line is over the limit");
    }
    HttpMethod method = HttpMethod.valueOf(upTo(' '));
    String target = upTo(' ');
    HttpVersion version = version(upTo('\r'));
    List<Header> lines = new ArrayList<>(12);
    at = lineEnd + 2;
    nextLine();
    while (lineEnd > at) {
      lines.add(header());
      at = lineEnd + 2;
      nextLine();
    }
    if (lengths + codings > 1) {
      throw new IllegalArgumentException("more than one length or transfer coding");
    }
    return new Http1Request(version, method, target, List.copyOf(lines), bodyLength);
  }

  private void nextLine() {
    int end = at;
    while (bytes[end] != '\r') {
      end++;
    }
    lineEnd = end;
  }

  private String upTo(char separator) {
    int from = at;
    while (bytes[at] != separator) {
      at++;
    }
    at++;
    return new String(bytes, from, at - 1 - from, StandardCharsets.ISO_8859_1);
  }

  private static HttpVersion version(String text) {
    return switch (text) {
      case "HTTP/1.1" -> HttpVersion.HTTP_1_1;
      case "HTTP/1.0" -> HttpVersion.HTTP_1_0;
      default -> throw new IllegalArgumentException("not a version of HTTP/1");
    };
  }

  private Header header() {
    int colon = at;
    while (colon < lineEnd && bytes[colon] != ':') {
      colon++;
    }
    if (colon == lineEnd) {
      throw new IllegalArgumentException("a header without a colon");
    }
    int from = colon + 1;
    int to = lineEnd;
    while (from < to && isBlank(bytes[from])) {
      from++;
    }
    while (to > from && isBlank(bytes[to - 1])) {
      to--;
    }
    String name = HeaderNames.take(bytes, at, colon);
    String value = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    if (name.equals("content-length")) {
      lengths++;
      bodyLength = length(value);
    } else if (name.equals("transfer-encoding")) {
      codings++;
      bodyLength = coding(value);
    }
    return new Header(name, value);
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  private static long length(String digits) {
    if (digits.isEmpty() || digits.length() > LENGTH_DIGITS_MAX) {
      throw new IllegalArgumentException("a length out of range");
    }
    long length = 0;
    for (int i = 0; i < digits.length(); i++) {
      char digit = digits.charAt(i);
      if (digit < '0' || digit > '9') {
        throw new IllegalArgumentException("a length that is no number");
      }
      length = 10 * length + digit - '0';
    }
    return length;
  }

  private static long coding(String value) {
    if (!value.equalsIgnoreCase("chunked")) {
      throw new IllegalArgumentException("the only transfer coding taken is chunked");
    }
    return Http1Request.CHUNKED;
  }
}
