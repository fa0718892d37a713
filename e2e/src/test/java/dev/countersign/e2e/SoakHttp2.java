// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A client of HTTP/2 without TLS that can stop anywhere: a few small calls, one after the other.
 *
 * <p>Written by hand, so that frames can be cut. Header lines go out as literals (RFC 7541 section
 * 6.2.2); of those that come only the status 200 is understood.
 */
final class SoakHttp2 implements AutoCloseable {
  private static final int READ_MILLIS = 120_000;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int WINDOW_UPDATE = 8;
  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int CANCEL = 8;
  private static final int WINDOW = 1 << 24;
  private static final byte POST = (byte) 0x83;
  private static final byte HTTP = (byte) 0x86;
  private static final byte STATUS_200 = (byte) 0x88;

  private final Socket socket;
  private final DataInputStream in;
  private final String authority;
  private int stream = -1;

  SoakHttp2(int port) throws IOException {
    socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
    socket.setSoTimeout(READ_MILLIS);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
    authority = "127.0.0.1:" + port;
    write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    write(frame(SETTINGS, 0, 0, new byte[0]));
    write(frame(WINDOW_UPDATE, 0, 0, number(WINDOW)));
  }

  /** A frame of the stream that is under way. */
  private record Frame(int type, int flags, byte[] payload) {}

  /** The frames of a call, which is the next one. */
  byte[] request(List<String> headers, String body) throws IOException {
    stream += 2;
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(POST);
    block.write(HTTP);
    block.write(4);
    text(block, SoakClient.PATH);
    block.write(1);
    text(block, authority);
    for (int i = 0; i < headers.size(); i += 2) {
      block.write(0);
      text(block, headers.get(i));
      text(block, headers.get(i + 1));
    }
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    frames.write(frame(HEADERS, END_HEADERS, stream, block.toByteArray()));
    frames.write(frame(DATA, END_STREAM, stream, body.getBytes(StandardCharsets.US_ASCII)));
    return frames.toByteArray();
  }

  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Reads the answer to the call. */
  SoakSocket.Message read() throws IOException {
    String status = "";
    StringBuilder body = new StringBuilder();
    Frame frame;
    do {
      frame = next();
      switch (frame.type) {
        case HEADERS -> status = frame.payload[0] == STATUS_200 ? "http/2 200" : "http/2 other";
        case DATA -> body.append(new String(frame.payload, StandardCharsets.UTF_8));
        case RST_STREAM -> throw new EOFException("the stream was reset");
        default -> throw new IOException("a frame of type " + frame.type);
      }
    } while ((frame.flags & END_STREAM) == 0);
    return new SoakSocket.Message(status, body.toString());
  }

  /** Waits for anything of the answer. */
  void readSome() throws IOException {
    next();
  }

  /** Gives the call up, but not the connection. */
  void cancel() throws IOException {
    write(frame(RST_STREAM, 0, stream, number(CANCEL)));
  }

  /** The next frame of the call; answers what the connection asks. */
  private Frame next() throws IOException {
    while (true) {
      int lengthAndType = in.readInt();
      int flags = in.readUnsignedByte();
      int of = in.readInt();
      byte[] payload = in.readNBytes(lengthAndType >>> 8);
      int type = lengthAndType & 0xff;
      if ((type == SETTINGS || type == PING) && (flags & ACK) == 0) {
        write(frame(type, ACK, 0, type == PING ? payload : new byte[0]));
      } else if (of == stream && type != WINDOW_UPDATE) {
        return new Frame(type, flags, payload);
      }
    }
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .putInt((payload.length << 8) | type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
  }

  /** A string literal as it is, RFC 7541 section 5.2. */
  private static void text(ByteArrayOutputStream out, String text) {
    int length = text.length();
    if (length < 127) {
      out.write(length);
    } else {
      out.write(127);
      length -= 127;
      for (; length >= 128; length >>>= 7) {
        out.write((length & 127) | 128);
      }
      out.write(length);
    }
    out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Ends the connection, by RST if so asked. */
  void leave(boolean reset) throws IOException {
    if (reset) {
      socket.setSoLinger(true, 0);
    }
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
