// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.http2.Http2HeadersFrame;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The head of an HTTP/2 request, judged and read. Malformed (RFC 9113 sections 8.1.1, 8.2 and 8.3)
 * is what no client may send; what is refused beyond that are the rules that hold for HTTP/1.1,
 * too.
 *
 * @param malformed the stream is reset
 * @param refusal the request is answered by this and nobody else, or null
 * @param request what came; not to be used when it is malformed
 * @param declaredLength {@code Content-Length}, or -1 without one
 */
record Http2Head(
    boolean malformed,
    @Nullable Refusal refusal,
    RequestHead request,
    long declaredLength,
    boolean continueExpected) {
  /** RFC 9113 section 8.2.2, without {@code te}. */
  private static final Set<String> CONNECTION_SPECIFIC =
      Set.of("connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade");

  private static final Set<String> PSEUDO = Set.of(":method", ":scheme", ":authority", ":path");
  private static final int LENGTH_DIGITS_MAX = 18;

  /**
   * @param tls whether the connection is encrypted, so that the scheme can be nothing but https
   */
  static Http2Head read(Http2HeadersFrame frame, boolean tls, String source) {
    List<Header> lines = ((Http2Codec.Lines) frame.headers()).all();
    Map<String, String> pseudo = new HashMap<>();
    List<Header> headers = new ArrayList<>(lines.size());
    if (!split(lines, pseudo, headers) || !wellFormed(pseudo, headers, frame.isEndStream())) {
      return new Http2Head(true, null, new RequestHead("", "", List.of(), source), 0, false);
    }
    String expectation = value(headers, "expect");
    RequestHead request =
        new RequestHead(
            pseudo.getOrDefault(":method", ""),
            pseudo.getOrDefault(":path", ""),
            asOneWouldSay(pseudo.get(":authority"), headers),
            source);
    Refusal refusal = refusal(pseudo, headers, tls);
    return new Http2Head(
        false,
        refusal != null ? refusal : Refusal.ofExpectation(expectation),
        request,
        length(headers),
        expectation != null);
  }

  /** Pseudo-headers come first, each once and known; false when they do not. */
  private static boolean split(
      List<Header> lines, Map<String, String> pseudo, List<Header> headers) {
    for (Header line : lines) {
      if (!Http2Fields.valueIsValid(line.value())) {
        return false;
      }
      if (line.name().startsWith(":")) {
        if (!headers.isEmpty()
            || !PSEUDO.contains(line.name())
            || pseudo.put(line.name(), line.value()) != null) {
          return false;
        }
      } else if (Http2Fields.nameIsValid(line.name())) {
        headers.add(line);
      } else {
        return false;
      }
    }
    return true;
  }

  private static boolean wellFormed(
      Map<String, String> pseudo, List<Header> headers, boolean endStream) {
    String method = pseudo.get(":method");
    if (method == null || !Http2Fields.isToken(method)) {
      return false;
    }
    return targetFits(pseudo, method)
        && authorityFits(pseudo.get(":authority"), value(headers, "host"))
        && headers.stream().noneMatch(Http2Head::isConnectionSpecific)
        && lengthFits(headers, endStream);
  }

  private static boolean targetFits(Map<String, String> pseudo, String method) {
    String path = pseudo.get(":path");
    if (method.equals("CONNECT")) {
      return path == null && !pseudo.containsKey(":scheme") && pseudo.containsKey(":authority");
    }
    return path != null
        && Http2Fields.isVisible(path)
        && (path.startsWith("/") || (path.equals("*") && method.equals("OPTIONS")))
        && pseudo.containsKey(":scheme");
  }

  /** Both may be there when they are one; neither may name a user. */
  private static boolean authorityFits(@Nullable String authority, @Nullable String host) {
    if (authority == null) {
      return true;
    }
    return Http2Fields.isVisible(authority)
        && authority.indexOf('@') < 0
        && (host == null || host.equalsIgnoreCase(authority));
  }

  private static boolean isConnectionSpecific(Header header) {
    return header.name().equals("te")
        ? !header.value().equalsIgnoreCase("trailers")
        : CONNECTION_SPECIFIC.contains(header.name());
  }

  /** The codec compares the length with the data as it comes, but not with a body of nothing. */
  private static boolean lengthFits(List<Header> headers, boolean endStream) {
    for (Header header : headers) {
      if (header.name().equals("content-length")
          && (!Http2Fields.isDigits(header.value(), LENGTH_DIGITS_MAX)
              || (endStream && Long.parseLong(header.value()) != 0))) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable Refusal refusal(
      Map<String, String> pseudo, List<Header> headers, boolean tls) {
    String path = pseudo.get(":path");
    if (path == null || !HeadRules.originForm(path)) {
      return Refusal.framing("the request target must be in origin form");
    }
    String scheme = pseudo.getOrDefault(":scheme", "");
    // Without TLS something in front may have ended it.
    if (!scheme.equals("https") && (tls || !scheme.equals("http"))) {
      return Refusal.framing("the scheme is not that of the connection");
    }
    String fault = HeadRules.repeatFault(headers);
    if (fault != null) {
      return Refusal.framing(fault);
    }
    return pseudo.containsKey(":authority") || value(headers, "host") != null
        ? null
        : Refusal.framing("the authority is missing");
  }

  /** As HTTP/1.1 would say it: the authority as {@code host}, crumbs of a cookie as one. */
  private static List<Header> asOneWouldSay(@Nullable String authority, List<Header> headers) {
    List<Header> said = new ArrayList<>(headers.size() + 1);
    StringBuilder cookie = new StringBuilder();
    if (authority != null) {
      said.add(new Header("host", authority));
    }
    for (Header header : headers) {
      if (header.name().equals("cookie")) {
        cookie.append(cookie.isEmpty() ? "" : "; ").append(header.value());
      } else if (authority == null || !header.name().equals("host")) {
        said.add(header);
      }
    }
    if (!cookie.isEmpty()) {
      said.add(new Header("cookie", cookie.toString()));
    }
    return said;
  }

  private static long length(List<Header> headers) {
    String length = value(headers, "content-length");
    return length == null ? -1 : Long.parseLong(length);
  }

  private static @Nullable String value(List<Header> headers, String name) {
    for (Header header : headers) {
      if (header.name().equals(name)) {
        return header.value();
      }
    }
    return null;
  }
}
