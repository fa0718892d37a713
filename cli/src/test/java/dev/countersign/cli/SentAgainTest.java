// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A call that a server's connection disowned is on record as one that went out again. */
final class SentAgainTest {
  private static final int PREFACE_BYTES = 24;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int GOAWAY = 7;
  private static final String ANSWER = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[]}}";

  @TempDir private Path folder;
  private final ServerSocket listening = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
  private final AtomicInteger connections = new AtomicInteger();

  SentAgainTest() throws IOException {
    Thread.ofVirtual().start(this::accept);
  }

  @AfterEach
  void close() throws IOException {
    listening.close();
  }

  @Test
  void recordSaysHowOftenACallWentOutAgain() throws Exception {
    String server = "{http2: true, url: \"http://127.0.0.1:" + listening.getLocalPort() + "/mcp\"}";
    try (WireGateway gateway =
        new WireGateway(
            folder, server, List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}"))) {
      JsonNode answer =
          gateway.modern("tools/call", "\"name\":\"t\",\"arguments\":{}").name("t").answer();
      assertThat(answer.has("result")).as(answer.toString()).isTrue();

      JsonNode outcome = gateway.ended(1).getFirst().getLast();
      assertThat(outcome.path("result").asText()).isEqualTo("answered");
      assertThat(outcome.path("sent_again").asInt()).isEqualTo(1);
      assertThat(connections).hasValue(2);

      gateway.modern("tools/call", "\"name\":\"t\",\"arguments\":{}").name("t").answer();
      assertThat(gateway.ended(1).getFirst().getLast().has("sent_again")).isFalse();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        boolean first = connections.incrementAndGet() == 1;
        Thread.ofVirtual().start(() -> serve(socket, first));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  /** HTTP/2 in so far as it takes: the first connection goes away, the others answer. */
  private static void serve(Socket socket, boolean goesAway) {
    try (socket;
        DataInputStream in = new DataInputStream(socket.getInputStream());
        DataOutputStream out = new DataOutputStream(socket.getOutputStream())) {
      in.readFully(new byte[PREFACE_BYTES]);
      frame(out, SETTINGS, 0, 0, new byte[0]);
      while (true) {
        int length = (in.readUnsignedShort() << 8) | in.readUnsignedByte();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        in.readFully(new byte[length]);
        if (type == SETTINGS && flags == 0) {
          frame(out, SETTINGS, 1, 0, new byte[0]);
        } else if (type == HEADERS && goesAway) {
          frame(out, GOAWAY, 0, 0, ByteBuffer.allocate(8).array());
        } else if (type == DATA && (flags & 1) == 1 && !goesAway) {
          frame(out, HEADERS, 4, stream, head());
          frame(out, DATA, 1, stream, ANSWER.getBytes(StandardCharsets.UTF_8));
        }
      }
    } catch (IOException left) {
      // The gateway closed it.
    }
  }

  /** {@code :status: 200} by its index, and the content type in full. */
  private static byte[] head() {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x88);
    block.write(0);
    for (String text : List.of("content-type", "application/json")) {
      block.write(text.length());
      block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }
    return block.toByteArray();
  }

  private static void frame(DataOutputStream out, int type, int flags, int stream, byte[] payload)
      throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
    out.write(frame.array());
    out.flush();
  }
}
