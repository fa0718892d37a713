// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The request line and headers of one request, after the framing rules have passed: every
 * single-valued header is there at most once (see {@link FramingGuard}).
 *
 * <p>Confined to the event loop of its exchange.
 */
public final class RequestHead {
  private final String method;
  private final String target;
  private final HttpHeaders headers;
  private final String source;

  RequestHead(HttpRequest request, String source) {
    this.method = request.method().name();
    this.target = request.uri();
    this.headers = request.headers();
    this.source = source;
  }

  /** The request method, as sent. */
  public String method() {
    return method;
  }

  /** The request target as sent, in origin form; nothing is decoded. */
  public String target() {
    return target;
  }

  /** The value of a header without white space around it, or null. For single-valued ones. */
  public @Nullable String header(String name) {
    return headers.get(name);
  }

  /** Every value of a header, in order. */
  public List<String> headers(String name) {
    return headers.getAll(name);
  }

  /** All header lines whose lower-case name begins so, in order. */
  public List<Header> headersStartingWith(String lowerCasePrefix) {
    return headers.entries().stream()
        .map(entry -> new Header(entry.getKey().toLowerCase(Locale.ROOT), entry.getValue()))
        .filter(header -> header.name().startsWith(lowerCasePrefix))
        .toList();
  }

  /** Whether the value of any header but the named one passes a test. */
  public boolean anyValueBut(String lowerCaseName, Predicate<String> test) {
    Iterator<Map.Entry<CharSequence, CharSequence>> lines = headers.iteratorCharSequence();
    while (lines.hasNext()) {
      Map.Entry<CharSequence, CharSequence> line = lines.next();
      if (!AsciiString.contentEqualsIgnoreCase(line.getKey(), lowerCaseName)
          && test.test(line.getValue().toString())) {
        return true;
      }
    }
    return false;
  }

  /** The peer's address without its port. */
  public String source() {
    return source;
  }
}
