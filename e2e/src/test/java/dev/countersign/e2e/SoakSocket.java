// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;

/** One end of a connection of HTTP/1.1, which reads messages whole and can be cut anywhere. */
final class SoakSocket implements AutoCloseable {
  private static final int READ_MILLIS = 120_000;

  private final Socket socket;
  private final InputStream in;

  SoakSocket(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
    socket.setTcpNoDelay(true);
  }

  static SoakSocket connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
    socket.setSoTimeout(READ_MILLIS);
    return new SoakSocket(socket);
  }

  /** What was read: the first line and the headers in lower case, and the body. */
  record Message(String head, String body) {}

  void write(String text) throws IOException {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  synchronized void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Writes a piece of a body of unknown length. */
  void writeChunk(String text) throws IOException {
    write(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
  }

  /**
   * Reads a message.
   *
   * @param body told all that came of a chunked body, after each chunk
   * @throws EOFException when the connection ended before the message did
   */
  Message read(Consumer<String> body) throws IOException {
    String head = head();
    if (head.contains("\r\ntransfer-encoding: chunked")) {
      return new Message(head, chunks(body));
    }
    int at = head.indexOf("\r\ncontent-length: ");
    int length =
        at < 0 ? 0 : Integer.parseInt(head.substring(at + 18, head.indexOf("\r\n", at + 18)));
    return new Message(head, text(length));
  }

  /** Reads the head of a message, with its last empty line. */
  String head() throws IOException {
    StringBuilder head = new StringBuilder();
    String line;
    do {
      line = line();
      head.append(line).append("\r\n");
    } while (!line.isEmpty());
    return head.toString().toLowerCase(Locale.ROOT);
  }

  private String chunks(Consumer<String> told) throws IOException {
    StringBuilder body = new StringBuilder();
    int length;
    do {
      length = Integer.parseInt(line(), 16);
      body.append(text(length));
      line();
      told.accept(body.toString());
    } while (length > 0);
    return body.toString();
  }

  /** Reads what comes until the other side ends it. */
  void drain() throws IOException {
    in.transferTo(OutputStream.nullOutputStream());
  }

  /** Waits for the next byte, which stays to be read; false when the other side ended it. */
  boolean more() throws IOException {
    in.mark(1);
    boolean more = in.read() >= 0;
    in.reset();
    return more;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("within a line");
      }
      line.append((char) b);
    }
    line.setLength(Math.max(0, line.length() - 1));
    return line.toString();
  }

  private String text(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("within a body");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Reads at least one byte, unless the other side ends it first. */
  void readSome() throws IOException {
    in.read();
  }

  /** Ends the connection, by RST if so asked. */
  void leave(boolean reset) {
    try {
      if (reset) {
        socket.setSoLinger(true, 0);
      }
      socket.close();
    } catch (IOException e) {
      // Ended by the other side first, which is as good.
    }
  }

  @Override
  public void close() {
    leave(false);
  }
}
