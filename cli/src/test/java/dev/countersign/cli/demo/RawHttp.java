// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Sends a request as text, with headers that an HTTP client would not let a test choose. */
final class RawHttp {
  private static final int READ_TIME_MS = 10_000;

  private RawHttp() {}

  /** An answer as it came. */
  record Answer(int status, String head, String body) {
    /** A header's value; empty if it is not there. */
    String header(String name) {
      return head.lines()
          .filter(
              line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst()
          .orElse("");
    }
  }

  /** Sends to a URL's server, by its own {@code Host} unless the headers have one. */
  static Answer send(String verb, String url, String body, String... headers) throws IOException {
    URI uri = URI.create(url);
    StringBuilder request = new StringBuilder(verb + " " + uri.getRawPath() + " HTTP/1.1\r\n");
    String lines = String.join("\r\n", headers);
    if (!lines.startsWith("Host:")) {
      request.append("Host: ").append(uri.getAuthority()).append("\r\n");
    }
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    request.append("Connection: close\r\nContent-Length: ").append(bytes.length).append("\r\n");
    request.append(lines).append(lines.isEmpty() ? "\r\n" : "\r\n\r\n");
    String answer = exchange(uri.getPort(), request + body);
    int blank = answer.indexOf("\r\n\r\n");
    return new Answer(
        Integer.parseInt(answer.substring(9, 12)),
        answer.substring(0, blank),
        answer.substring(blank + 4));
  }

  /** Writes text and reads until the other side ends. */
  static String exchange(int port, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      socket.setSoTimeout(READ_TIME_MS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
