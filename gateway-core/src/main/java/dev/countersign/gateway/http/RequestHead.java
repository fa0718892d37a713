// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The request line and headers of one request, after the framing rules have passed: every
 * single-valued header is there at most once (see {@link FramingGuard}). Immutable.
 */
public final class RequestHead {
  /** Of the objects that hold it. */
  private static final int HEADER_BYTES = 100;

  private final String method;
  private final String target;
  private final List<Header> headers;
  private final String source;

  /**
   * A head that keeps the framing rules.
   *
   * @param method as sent
   * @param target in origin form
   * @param headers in order, values without white space around them
   * @param source the peer's address without its port, or what stands for it
   */
  public RequestHead(String method, String target, List<Header> headers, String source) {
    this.method = method;
    this.target = target;
    this.headers = List.copyOf(headers);
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
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase(name)) {
        return header.value();
      }
    }
    return null;
  }

  /** Every value of a header, in order. */
  public List<String> headers(String name) {
    List<String> values = List.of();
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase(name)) {
        values = values.isEmpty() ? List.of(header.value()) : with(values, header.value());
      }
    }
    return values;
  }

  /** All header lines whose lower-case name begins so, in order. */
  public List<Header> headersStartingWith(String lowerCasePrefix) {
    List<Header> found = List.of();
    for (Header header : headers) {
      String name = header.name().toLowerCase(Locale.ROOT);
      if (name.startsWith(lowerCasePrefix)) {
        found = with(found, new Header(name, header.value()));
      }
    }
    return found;
  }

  private static <T> List<T> with(List<T> list, T last) {
    List<T> longer = list instanceof ArrayList<T> own ? own : new ArrayList<>(list);
    longer.add(last);
    return longer;
  }

  /** Whether the value of any header but the named one passes a test. */
  public boolean anyValueBut(String lowerCaseName, Predicate<String> test) {
    for (Header header : headers) {
      if (!header.name().equalsIgnoreCase(lowerCaseName) && test.test(header.value())) {
        return true;
      }
    }
    return false;
  }

  /** The same request without its headers, except those of one name. */
  RequestHead withOnly(String name) {
    List<Header> kept = new ArrayList<>(1);
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase(name)) {
        kept.add(header);
      }
    }
    return new RequestHead(method, target, kept, source);
  }

  /** About how many bytes it keeps in memory. */
  int bytes() {
    int bytes = target.length();
    for (Header header : headers) {
      bytes += HEADER_BYTES + header.name().length() + header.value().length();
    }
    return bytes;
  }

  /** The peer's address without its port. */
  public String source() {
    return source;
  }
}
