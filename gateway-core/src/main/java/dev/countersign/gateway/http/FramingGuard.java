// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules that the head of an HTTP/1.1 request must keep so that no two parsers can read it
 * differently (RFC 9112 sections 3, 6 and 11.2). What breaks one is answered and the connection
 * closed: nothing after it on the connection can be trusted.
 */
final class FramingGuard {
  /** Tokens of {@code Connection} that name no header of the request we would have to drop. */
  private static final Set<String> CONNECTION_TOKENS =
      Set.of("close", "keep-alive", "upgrade", "http2-settings", "te");

  private FramingGuard() {}

  /** Why the head is refused, in words for the peer, or null when it keeps the rules. */
  static @Nullable String fault(HttpRequest request) {
    if (!HttpVersion.HTTP_1_1.equals(request.protocolVersion())) {
      return "only HTTP/1.1 is spoken here";
    }
    if (!HeadRules.originForm(request.uri()) || HttpMethod.CONNECT.equals(request.method())) {
      return "the request target must be in origin form";
    }
    String fault = HeadRules.repeatFault(Http1Head.headers(request));
    if (fault != null) {
      return fault;
    }
    HttpHeaders headers = request.headers();
    String coding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
    if (coding != null && !coding.equalsIgnoreCase("chunked")) {
      return "the only transfer coding taken is chunked";
    }
    if (coding != null && headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
      return "a request has a length or a transfer coding, not both";
    }
    if (!headers.contains(HttpHeaderNames.HOST)) {
      return "the Host header is missing";
    }
    return connectionFault(headers);
  }

  private static @Nullable String connectionFault(HttpHeaders headers) {
    List<String> lines = headers.getAll(HttpHeaderNames.CONNECTION);
    for (String line : lines) {
      for (String token : line.split(",", -1)) {
        String name = token.strip().toLowerCase(Locale.ROOT);
        if (!name.isEmpty() && !CONNECTION_TOKENS.contains(name)) {
          return "the Connection header may not name other headers";
        }
      }
    }
    return null;
  }
}
