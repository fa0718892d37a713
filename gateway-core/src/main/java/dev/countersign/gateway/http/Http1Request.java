// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The head of an HTTP/1.1 request, or why there is none. */
final class Http1Request extends DefaultHttpRequest {
  /** The length of a body in chunks. */
  static final long CHUNKED = -1;

  private final List<Header> lines;
  private final long bodyLength;

  /**
   * @param lines in order
   * @param bodyLength {@code Content-Length}, 0 without one, or {@link #CHUNKED}
   */
  Http1Request(
      HttpVersion version, HttpMethod method, String target, List<Header> lines, long bodyLength) {
    super(version, method, target, EmptyHttpHeaders.INSTANCE);
    this.lines = lines;
    this.bodyLength = bodyLength;
  }

  /** Stands for bytes that are not the head of a request. */
  static Http1Request refused(Exception why) {
    Http1Request refused =
        new Http1Request(HttpVersion.HTTP_1_1, HttpMethod.GET, "/", List.of(), 0);
    refused.setDecoderResult(DecoderResult.failure(why));
    return refused;
  }

  /** The header lines, in order, names in lower case. */
  List<Header> lines() {
    return lines;
  }

  /** The value of the first line of this name, or null. */
  @Nullable String header(String name) {
    for (Header line : lines) {
      if (line.name().equals(name)) {
        return line.value();
      }
    }
    return null;
  }

  /** {@code Content-Length}, 0 without one, or {@link #CHUNKED}. */
  long bodyLength() {
    return bodyLength;
  }

  /** A copy, for those who look at it as Netty does. */
  @Override
  public HttpHeaders headers() {
    HttpHeaders copy = new DefaultHttpHeaders();
    lines.forEach(line -> copy.add(line.name(), line.value()));
    return copy;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
