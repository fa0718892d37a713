// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Sends bytes and reads bytes; text is Latin-1, so that each character is one byte. */
final class RawClient implements AutoCloseable {
  private final Socket socket;

  RawClient(int port) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  RawClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(10_000);
  }

  /** Sends all, says that there is no more, and reads all. */
  static String exchange(int port, String text) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(text);
      client.noMore();
      return client.rest();
    }
  }

  RawClient send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  void noMore() throws IOException {
    socket.shutdownOutput();
  }

  /** Goes away. */
  void hangUp() throws IOException {
    socket.close();
  }

  /** Reads one answer with a length. */
  String answer() throws IOException {
    InputStream in = socket.getInputStream();
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    while (!read.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("closed after: " + read.toString(StandardCharsets.ISO_8859_1));
      }
      read.write(b);
    }
    String head = read.toString(StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    int at = head.indexOf("content-length: ");
    if (at >= 0) {
      int length = Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)));
      read.writeBytes(in.readNBytes(length));
    }
    return read.toString(StandardCharsets.ISO_8859_1);
  }

  /** Reads so many bytes. */
  String read(int bytes) throws IOException {
    return new String(socket.getInputStream().readNBytes(bytes), StandardCharsets.ISO_8859_1);
  }

  /** Reads to the end; a broken connection is an end as well. */
  String rest() throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    int b;
    while ((b = readOrEnd()) >= 0) {
      read.write(b);
    }
    return read.toString(StandardCharsets.ISO_8859_1);
  }

  private int readOrEnd() throws IOException {
    try {
      return socket.getInputStream().read();
    } catch (SocketException broken) {
      return -1;
    }
  }

  @Override
  public void close() throws IOException {
    hangUp();
  }
}
