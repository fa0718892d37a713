// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The server's end of an HTTP/2 connection, which writes any frame it is told to. */
final class FramePeer {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;
  static final int MAX_CONCURRENT_STREAMS = 3;
  static final int INITIAL_WINDOW_SIZE = 4;

  private static final int PREFACE_BYTES = 24;

  private final ScriptedServer.Peer peer;
  private final Map<Integer, StringBuilder> bodies = new HashMap<>();

  /** A frame as it came. */
  record Frame(int type, int flags, int stream, byte[] payload) {
    int number() {
      return ByteBuffer.wrap(payload).getInt();
    }
  }

  /** A request as far as it is told apart: its stream and its body. */
  record Request(int stream, String body) {}

  /** What happens on one connection after both have greeted. */
  interface Script {
    void on(FramePeer peer) throws IOException;
  }

  private FramePeer(ScriptedServer.Peer peer) {
    this.peer = peer;
  }

  /**
   * Reads the preface and sends settings.
   *
   * @param settings pairs of identifier and value
   */
  static ScriptedServer.Script greeted(Script script, int... settings) {
    return peer -> {
      FramePeer frames = new FramePeer(peer);
      if (peer.some(PREFACE_BYTES).length() < PREFACE_BYTES) {
        return;
      }
      ByteBuffer pairs = ByteBuffer.allocate(settings.length / 2 * 6);
      for (int i = 0; i < settings.length; i += 2) {
        pairs.putShort((short) settings[i]).putInt(settings[i + 1]);
      }
      frames.send(SETTINGS, 0, 0, pairs.array());
      script.on(frames);
    };
  }

  /** Answers every request alike. */
  static ScriptedServer.Script answering(int... settings) {
    return greeted(
        frames -> {
          Request request;
          while ((request = frames.request()) != null) {
            frames.ok(request);
          }
        },
        settings);
  }

  /** The next frame that is no settings, ping or window; null when the other side has left. */
  @Nullable Frame next() throws IOException {
    while (true) {
      Frame frame = read();
      if (frame == null) {
        return null;
      }
      if (frame.type == SETTINGS && frame.flags != ACK) {
        send(SETTINGS, ACK, 0, new byte[0]);
      } else if (frame.type == PING && frame.flags != ACK) {
        send(PING, ACK, 0, frame.payload);
      } else if (frame.type <= RST_STREAM || frame.type == GOAWAY) {
        return frame;
      }
    }
  }

  /** The next frame of any sort. */
  @Nullable Frame read() throws IOException {
    byte[] head = bytes(peer.some(9));
    if (head.length < 9) {
      return null;
    }
    ByteBuffer fields = ByteBuffer.wrap(head);
    int length = ((fields.getShort() & 0xffff) << 8) | (fields.get() & 0xff);
    int type = fields.get();
    int flags = fields.get();
    return new Frame(type, flags, fields.getInt(), bytes(peer.some(length)));
  }

  /** The next whole request; null when the other side has left. */
  @Nullable Request request() throws IOException {
    Frame frame;
    while ((frame = next()) != null) {
      Request request = part(frame);
      if (request != null) {
        return request;
      }
    }
    return null;
  }

  /** Puts a frame to the others of its stream; the request, if that makes it whole. */
  @Nullable Request part(Frame frame) {
    if (frame.type != HEADERS && frame.type != DATA) {
      return null;
    }
    StringBuilder body = bodies.computeIfAbsent(frame.stream, id -> new StringBuilder());
    if (frame.type == DATA) {
      body.append(text(frame.payload));
    }
    if ((frame.flags & END_STREAM) == 0) {
      return null;
    }
    bodies.remove(frame.stream);
    peer.took(body.toString());
    return new Request(frame.stream, body.toString());
  }

  void ok(Request request) throws IOException {
    answer(request, "ok");
  }

  void answer(Request request, String body) throws IOException {
    head(request.stream, false, ":status", "200");
    data(request.stream, true, body);
  }

  /** A head in which nothing is compressed. */
  void head(int stream, boolean end, String... fields) throws IOException {
    send(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, fields(fields));
  }

  static byte[] fields(String... fields) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < fields.length; i += 2) {
      block.write(0);
      string(block, fields[i]);
      string(block, fields[i + 1]);
    }
    return block.toByteArray();
  }

  private static void string(ByteArrayOutputStream block, String text) {
    byte[] bytes = bytes(text);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int rest = bytes.length - 127;
      while (rest >= 128) {
        block.write((rest & 127) | 128);
        rest >>>= 7;
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  void data(int stream, boolean end, String text) throws IOException {
    send(DATA, end ? END_STREAM : 0, stream, bytes(text));
  }

  void reset(int stream, int error) throws IOException {
    send(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(error).array());
  }

  void goAway(int lastStream) throws IOException {
    send(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(lastStream).putInt(0).array());
  }

  void send(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(payload.length >> 16);
    out.writeShort(payload.length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.write(payload);
    peer.send(bytes.toByteArray());
  }

  void untilLeft() throws IOException {
    peer.untilLeft();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
