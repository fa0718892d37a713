// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

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
    Http1Request head = (Http1Request) request;
    String fault = HeadRules.repeatFault(head.lines());
    if (fault != null) {
      return fault;
    }
    if (head.header("host") == null) {
      return "the Host header is missing";
    }
    return connectionFault(head.lines());
  }

  /** Whether the client wants to send further requests on the connection. */
  static boolean isKeepAlive(Http1Request request) {
    for (Header header : request.lines()) {
      if (header.name().equals("connection") && !header.value().equalsIgnoreCase("keep-alive")) {
        for (String token : header.value().split(",", -1)) {
          if (token.strip().equalsIgnoreCase("close")) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private static @Nullable String connectionFault(List<Header> headers) {
    for (Header header : headers) {
      if (header.name().equals("connection") && !header.value().equalsIgnoreCase("keep-alive")) {
        for (String token : header.value().split(",", -1)) {
          String name = token.strip().toLowerCase(Locale.ROOT);
          if (!name.isEmpty() && !CONNECTION_TOKENS.contains(name)) {
            return "the Connection header may not name other headers";
          }
        }
      }
    }
    return null;
  }
}
