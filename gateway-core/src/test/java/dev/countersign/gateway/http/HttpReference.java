// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * RFC 9112 by regular expressions, with nothing of it optional. Reads whole requests from bytes
 * shown as ISO 8859-1, up to the first that is not strictly one.
 */
final class HttpReference {
  private static final String END = "\r\n";
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final String VISIBLE = "[\t -~\u0080-\u00ff]";
  private static final Pattern HEAD =
      Pattern.compile(
          "(?:%s)?(%s) ([!-~]+) HTTP/1\\.1%s((?:%s:%s*%s)*)%s"
              .formatted(END, TOKEN, END, TOKEN, VISIBLE, END, END));
  private static final Pattern CHUNK =
      Pattern.compile("([0-9A-Fa-f]{1,8})(?:;%s{0,256})?%s".formatted(VISIBLE, END));

  private final String text;
  private final List<String> heads = new ArrayList<>();
  private final List<String> requests = new ArrayList<>();
  private int at;

  private HttpReference(String text) {
    this.text = text;
    boolean more = true;
    while (more) {
      more = request();
    }
  }

  static HttpReference of(String text) {
    return new HttpReference(text);
  }

  /** Method, target and headers of each request whose head is whole. */
  List<String> heads() {
    return heads;
  }

  /** The same with its body, of each that is whole. */
  List<String> requests() {
    return requests;
  }

  /** How a head is written down: header names in lower case, values without blanks around. */
  static String head(String method, String target, List<String> headers) {
    return method + " " + target + " " + headers;
  }

  static String header(String name, String value) {
    return name.toLowerCase(Locale.ROOT) + "=" + value;
  }

  private boolean request() {
    Matcher head = HEAD.matcher(text).region(at, text.length());
    if (!head.lookingAt()) {
      return false;
    }
    List<String> headers = new ArrayList<>();
    List<String> lengths = new ArrayList<>();
    List<String> codings = new ArrayList<>();
    for (String line : head.group(3).split(END, 0)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
        String value = line.substring(colon + 1).replaceAll("^[ \t]+|[ \t]+$", "");
        headers.add(header(name, value));
        if (name.equals("content-length")) {
          lengths.add(value);
        } else if (name.equals("transfer-encoding")) {
          codings.add(value.toLowerCase(Locale.ROOT));
        }
      }
    }
    boolean framed =
        (lengths.isEmpty() || (lengths.size() == 1 && lengths.getFirst().matches("[0-9]{1,18}")))
            && (codings.isEmpty() || (lengths.isEmpty() && codings.equals(List.of("chunked"))));
    if (!framed) {
      return false;
    }
    String described = head(head.group(1), head.group(2), headers);
    heads.add(described);
    at = head.end();
    String body =
        codings.isEmpty()
            ? plain(lengths.isEmpty() ? 0 : Long.parseLong(lengths.getFirst()))
            : chunks();
    if (body == null) {
      return false;
    }
    requests.add(described + body);
    return true;
  }

  private @Nullable String plain(long length) {
    if (length > text.length() - at) {
      return null;
    }
    at += (int) length;
    return text.substring(at - (int) length, at);
  }

  private @Nullable String chunks() {
    StringBuilder body = new StringBuilder();
    while (true) {
      Matcher chunk = CHUNK.matcher(text).region(at, text.length());
      if (!chunk.lookingAt()) {
        return null;
      }
      long size = Long.parseLong(chunk.group(1), 16);
      at = chunk.end();
      if (size == 0) {
        boolean ended = text.startsWith(END, at);
        at += 2;
        return ended ? body.toString() : null;
      }
      if (size > text.length() - at || !text.startsWith(END, at + (int) size)) {
        return null;
      }
      body.append(text, at, at + (int) size);
      at += (int) size + 2;
    }
  }
}
