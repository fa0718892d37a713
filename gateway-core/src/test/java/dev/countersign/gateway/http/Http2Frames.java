// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the frames of a server and keeps what came on each stream. */
final class Http2Frames {
  private final DataInputStream in;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
  private final Map<Integer, Reply> replies = new HashMap<>();
  private @Nullable String end;

  /** A frame that came. */
  record Frame(int type, int flags, int stream, byte[] payload) {
    boolean has(int flag) {
      return (flags & flag) != 0;
    }
  }

  /** What came on one stream. */
  static final class Reply {
    final Map<String, String> headers = new TreeMap<>();
    final ByteArrayOutputStream body = new ByteArrayOutputStream();
    String verdict = "";
    boolean ended;

    String text() {
      return body.toString(StandardCharsets.ISO_8859_1);
    }
  }

  Http2Frames(InputStream in) {
    this.in = new DataInputStream(in);
  }

  /** The next frame, or null when the connection is closed. */
  @Nullable Frame next() throws IOException {
    int first;
    try {
      first = in.read();
    } catch (SocketException broken) {
      return null;
    }
    if (first < 0) {
      return null;
    }
    int length = first << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    byte[] payload = new byte[length];
    in.readFully(payload);
    Frame frame = new Frame(type, flags, stream, payload);
    keep(frame);
    return frame;
  }

  /** The next frame of a type; others are kept and passed over. */
  Frame next(int type) throws IOException {
    Frame frame;
    do {
      frame = next();
      if (frame == null) {
        throw new IOException("closed: " + end);
      }
    } while (frame.type() != type);
    return frame;
  }

  private void keep(Frame frame) throws IOException {
    Reply reply = replies.computeIfAbsent(frame.stream(), id -> new Reply());
    switch (frame.type()) {
      case Http2Peer.HEADERS -> headers(reply, frame);
      case Http2Peer.DATA -> reply.body.writeBytes(frame.payload());
      case Http2Peer.RST_STREAM -> {
        reply.ended = true;
        reply.verdict += " RST " + error(frame.payload(), 0);
      }
      case Http2Peer.GOAWAY -> end = "GOAWAY " + error(frame.payload(), 4);
      default -> {}
    }
    if ((frame.type() == Http2Peer.HEADERS || frame.type() == Http2Peer.DATA)
        && frame.has(Http2Peer.END_STREAM)) {
      reply.ended = true;
    }
  }

  private void headers(Reply reply, Frame frame) throws IOException {
    ByteBuf block = Unpooled.wrappedBuffer(frame.payload());
    try {
      Http2Headers headers = decoder.decodeHeaders(frame.stream(), block);
      reply.verdict = String.valueOf(headers.status());
      headers.forEach(
          line -> reply.headers.put(line.getKey().toString(), line.getValue().toString()));
    } catch (Http2Exception e) {
      throw new IOException(e);
    }
  }

  private static String error(byte[] payload, int at) {
    return String.valueOf(Http2Error.valueOf(Unpooled.wrappedBuffer(payload).getInt(at)));
  }

  /** Reads until a stream has ended, or the connection has. */
  Reply reply(int stream) throws IOException {
    Reply reply = replies.computeIfAbsent(stream, id -> new Reply());
    while (!reply.ended) {
      if (next() == null) {
        reply.ended = true;
        reply.verdict += end == null ? " closed" : " " + end;
      }
    }
    return reply;
  }

  /** Status, or how the stream was reset, or how the connection ended before that. */
  String verdict(int stream) throws IOException {
    return reply(stream).verdict.strip();
  }

  /** Reads to the end of the connection; how it ended. */
  String rest() throws IOException {
    while (next() != null) {
      // kept
    }
    return end == null ? "closed" : end;
  }
}
