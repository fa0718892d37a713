// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules that a request head must keep so that no two parsers can read it differently (RFC 9112
 * sections 3, 6 and 11.2). What breaks one is answered and the connection closed: nothing after it
 * on the connection can be trusted.
 */
final class FramingGuard {
  /**
   * Headers that many stacks join or pick from when repeated; here they, and all whose names begin
   * with {@code mcp-}, come once or not at all.
   */
  private static final Set<String> SINGLE =
      Set.of(
          "host",
          "origin",
          "authorization",
          "proxy-authorization",
          "dpop",
          "content-type",
          "content-length",
          "content-encoding",
          "transfer-encoding",
          "expect",
          "last-event-id");

  /** Tokens of {@code Connection} that name no header of the request we would have to drop. */
  private static final Set<String> CONNECTION_TOKENS =
      Set.of("close", "keep-alive", "upgrade", "http2-settings", "te");

  private FramingGuard() {}

  /** Why the head is refused, in words for the peer, or null when it keeps the rules. */
  static @Nullable String fault(HttpRequest request) {
    if (!HttpVersion.HTTP_1_1.equals(request.protocolVersion())) {
      return "only HTTP/1.1 is spoken here";
    }
    String target = request.uri();
    if (target.isEmpty()
        || (target.charAt(0) != '/' && !target.equals("*"))
        || target.indexOf('#') >= 0
        || HttpMethod.CONNECT.equals(request.method())) {
      return "the request target must be in origin form";
    }
    HttpHeaders headers = request.headers();
    String fault = repeatFault(headers);
    if (fault != null) {
      return fault;
    }
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

  private static @Nullable String repeatFault(HttpHeaders headers) {
    Map<String, String> seen = new HashMap<>();
    Iterator<Map.Entry<CharSequence, CharSequence>> lines = headers.iteratorCharSequence();
    while (lines.hasNext()) {
      String name = lines.next().getKey().toString().toLowerCase(Locale.ROOT);
      String dashed = name.replace('_', '-');
      boolean single = SINGLE.contains(dashed) || dashed.startsWith("mcp-");
      String spelled = seen.putIfAbsent(dashed, name);
      if ((single && !name.equals(dashed)) || (spelled != null && !spelled.equals(name))) {
        return "a header's name differs from a known one only by an underscore";
      }
      if (single && spelled != null) {
        return "a header that may come once was repeated: \"" + name + "\"";
      }
    }
    return null;
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
