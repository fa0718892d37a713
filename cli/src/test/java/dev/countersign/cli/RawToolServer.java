// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A tool server that writes its replies byte by byte as it is told, framing included, and keeps
 * what it was sent. It opens legacy sessions by itself; one request a connection.
 */
final class RawToolServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Every request but those that open a session. */
  final List<Received> seen = new CopyOnWriteArrayList<>();

  /** Writes the reply to such a request. */
  volatile Script script = (request, out) -> {};

  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

  /**
   * What came.
   *
   * @param head request line and headers, as they were
   */
  record Received(String head, byte[] body) {
    /** The one value of a header, or an empty text. */
    String header(String name) {
      for (String line : head.split("\r\n", -1)) {
        if (line.toLowerCase(Locale.ROOT).startsWith(name + ":")) {
          return line.substring(name.length() + 1).strip();
        }
      }
      return "";
    }
  }

  /** A reply. */
  interface Script {
    void reply(Received request, OutputStream out) throws IOException;
  }

  RawToolServer() throws IOException {
    Thread.ofVirtual().start(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort() + "/mcp";
  }

  /** A whole reply: status line and headers as given, then the length and the body. */
  static Script whole(String head, byte[] body) {
    return (request, out) -> {
      String length = "\r\nContent-Length: " + body.length + "\r\nConnection: close\r\n\r\n";
      out.write(("HTTP/1.1 " + head + length).getBytes(StandardCharsets.ISO_8859_1));
      out.write(body);
    };
  }

  static Script json(String body) {
    return whole("200 OK\r\nContent-Type: application/json", body.getBytes(StandardCharsets.UTF_8));
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      Received request = read(in);
      OutputStream out = socket.getOutputStream();
      String method = request.body().length == 0 ? "" : methodOf(request.body());
      switch (method) {
        case "initialize" -> open(request, out);
        case "notifications/initialized" -> whole("202 Accepted", new byte[0]).reply(request, out);
        default -> {
          seen.add(request);
          script.reply(request, out);
        }
      }
      out.flush();
    } catch (IOException e) {
      // The gateway had enough of it, which is what some tests are about.
    }
  }

  private static String methodOf(byte[] body) {
    try {
      return JSON.readTree(body).path("method").asText();
    } catch (IOException e) {
      return "";
    }
  }

  private static void open(Received request, OutputStream out) throws IOException {
    JsonNode message = JSON.readTree(request.body());
    String result =
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + message.path("id")
            + ",\"result\":{\"protocolVersion\":"
            + message.path("params").path("protocolVersion")
            + ",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}";
    whole(
            "200 OK\r\nContent-Type: application/json\r\nMcp-Session-Id: upstream",
            result.getBytes(StandardCharsets.UTF_8))
        .reply(request, out);
  }

  private static Received read(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int last = 0;
    while (last != 0x0d0a0d0a) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("cut");
      }
      head.write(b);
      last = last << 8 | b;
    }
    Received empty = new Received(head.toString(StandardCharsets.ISO_8859_1), new byte[0]);
    String length = empty.header("content-length");
    return new Received(
        empty.head(), in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length)));
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
