// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends whatever frames it is told to; header blocks are literals, never indexed. */
final class Http2Peer implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int ACK = 0x1;
  static final int END_STREAM = 0x1;
  static final int END_HEADERS = 0x4;
  static final int PADDED = 0x8;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Socket socket;
  private final Http2Frames frames;

  Http2Peer(int port) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  Http2Peer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(10_000);
    frames = new Http2Frames(socket.getInputStream());
  }

  /** Preface and empty settings. */
  Http2Peer greet() throws IOException {
    return send(hello());
  }

  static byte[] hello() {
    return join(PREFACE, frame(SETTINGS, 0, 0));
  }

  Http2Peer send(byte[]... pieces) throws IOException {
    socket.getOutputStream().write(join(pieces));
    return this;
  }

  static byte[] frame(int type, int flags, int stream, byte... payload) {
    byte[] frame = new byte[9 + payload.length];
    frame[0] = (byte) (payload.length >> 16);
    frame[1] = (byte) (payload.length >> 8);
    frame[2] = (byte) payload.length;
    frame[3] = (byte) type;
    frame[4] = (byte) flags;
    System.arraycopy(number(stream), 0, frame, 5, 4);
    System.arraycopy(payload, 0, frame, 9, payload.length);
    return frame;
  }

  static byte[] number(int value) {
    return new byte[] {
      (byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value
    };
  }

  /** One setting, as the payload of SETTINGS. */
  static byte[] setting(int id, int value) {
    return join(new byte[] {0, (byte) id}, number(value));
  }

  /** A header block of names and values in turn; Latin-1. */
  static byte[] block(String... namesAndValues) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      block.write(0);
      literal(block, namesAndValues[i]);
      literal(block, namesAndValues[i + 1]);
    }
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, String text) {
    int rest = text.length();
    if (rest < 127) {
      block.write(rest);
    } else {
      block.write(127);
      for (rest -= 127; rest >= 128; rest >>= 7) {
        block.write((rest & 127) | 128);
      }
      block.write(rest);
    }
    block.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Pseudo-headers of a request, and headers behind them. */
  static byte[] head(String method, String path, String... headers) {
    return join(
        block(":method", method, ":scheme", "http", ":authority", "gw", ":path", path),
        block(headers));
  }

  /** A whole request without a body. */
  static byte[] get(int stream, String path, String... headers) {
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, head("GET", path, headers));
  }

  /** A request whose body follows. */
  static byte[] post(int stream, String path, String... headers) {
    return frame(HEADERS, END_HEADERS, stream, head("POST", path, headers));
  }

  static byte[] data(int stream, boolean last, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return frame(DATA, last ? END_STREAM : 0, stream, bytes);
  }

  static byte[] reset(int stream) {
    return frame(RST_STREAM, 0, stream, number((int) Http2Error.CANCEL.code()));
  }

  static byte[] join(byte[]... pieces) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] piece : pieces) {
      all.writeBytes(piece);
    }
    return all.toByteArray();
  }

  /** What comes back. */
  Http2Frames frames() {
    return frames;
  }

  /** The next frame of a type; others are kept and passed over. */
  Http2Frames.Frame next(int type) throws IOException {
    return frames.next(type);
  }

  /** See {@link Http2Frames#reply}. */
  Http2Frames.Reply reply(int stream) throws IOException {
    return frames.reply(stream);
  }

  /** See {@link Http2Frames#verdict}. */
  String verdict(int stream) throws IOException {
    return frames.verdict(stream);
  }

  /** See {@link Http2Frames#rest}. */
  String rest() throws IOException {
    return frames.rest();
  }

  /** Acknowledges what has been sent before: when this returns, the server has read all of it. */
  void sync() throws IOException {
    send(frame(PING, 0, 0, new byte[8]));
    while (!next(PING).has(ACK)) {
      // one of the server's own
    }
  }

  Socket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
