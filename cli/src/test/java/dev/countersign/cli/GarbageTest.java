// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.WireFixture.Way;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A hundred megabytes of nonsense, from either side, cost no more memory than the limits allow.
 * Client, gateway and server share this process, so its heap is an upper bound.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GarbageTest {
  private static final int PIECE_BYTES = 1 << 20;
  private static final int PIECES = 100;

  /** What limits allow at their defaults, an answer and its copy, and what goes on beside it. */
  private static final long HEAP_BYTES_MAX = 48L << 20;

  private final AtomicLong written = new AtomicLong();
  private final AtomicLong heapMost = new AtomicLong();
  private WireFixture wire;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    wire = new WireFixture(folder);
  }

  @BeforeEach
  void forget() {
    wire.server.seen.clear();
    written.set(0);
    heapMost.set(0);
  }

  @AfterAll
  void stop() throws Exception {
    wire.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // A body with its length, in chunks, and of a stranger.
        "Authorization: Bearer %s\r\nContent-Length: 104857600\r\n\r\n",
        "Authorization: Bearer %s\r\nTransfer-Encoding: chunked\r\n\r\n6400000\r\n",
        "Content-Length: 104857600\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n6400000\r\n"
      })
  void clientIsCutOffSoon(String headers) throws Exception {
    send(headers);

    assertThat(written).hasValueLessThan(PIECES / 2);
  }

  /** Read for a second, so that the answer arrives, and dropped as it comes. */
  @Test
  void headWithoutAnEndCostsNoMemory() throws Exception {
    send("Authorization: Bearer %s\r\nX-Long: ");
  }

  private void send(String headers) throws Exception {
    long before = heap();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), wire.port())) {
      OutputStream out = socket.getOutputStream();
      String head =
          "POST /docs/mcp HTTP/1.1\r\nHost: 127.0.0.1:"
              + wire.port()
              + "\r\n"
              + "Content-Type: application/json\r\n"
              + "Accept: application/json, text/event-stream\r\n"
              + headers.formatted(wire.token("reader"));
      out.write(head.getBytes(StandardCharsets.ISO_8859_1));
      flood(out, "[", before);
    } catch (IOException e) {
      // Cut off.
    }
    assertThat(heapMost).hasValueLessThan(HEAP_BYTES_MAX);
    assertThat(wire.server.seen).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json|[",
        "application/json| ",
        "application/json|{\"a\":",
        "text/event-stream|data: x",
        "text/event-stream|data: x\n",
        "text/event-stream|data",
        "text/event-stream|:",
        "text/event-stream|event: x",
        "text/event-stream|data: [\n\n",
        "text/plain|x"
      })
  void serverIsCutOffSoon(String reply) throws Exception {
    String[] parts = reply.split("\\|", 2);
    long before = heap();
    wire.server.script =
        (request, out) -> {
          out.write(head(parts[0]));
          flood(out, parts[1], before);
        };

    HttpResponse<String> answer = call();

    assertThat(answer.body()).contains("upstream_bad_reply").hasSizeLessThan(4096);
    assertThat(written).hasValueLessThan(PIECES / 2);
    assertThat(heapMost).hasValueLessThan(HEAP_BYTES_MAX);
  }

  /** What is dropped piece by piece may go on for as long as the call does. */
  @Test
  void answerBehindWhatIsDroppedIsStillReleased() throws Exception {
    String much = "x".repeat(200);
    String noise = ": " + much + "\nevent: x\ndata: " + much + "\n\nid: 1\nx: y\r\n\r\n\n";
    long before = heap();
    wire.server.script =
        (request, out) -> {
          out.write(head("text/event-stream"));
          flood(out, noise, before);
          out.write(
              "\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"x\":1}}\n\n"
                  .getBytes(StandardCharsets.UTF_8));
        };

    assertThat(call().body()).contains("\"result\":{\"x\":1}");
    assertThat(written).hasValue(PIECES);
    assertThat(heapMost).hasValueLessThan(HEAP_BYTES_MAX);
  }

  @Test
  void nothingOfItStaysInMemory() throws Exception {
    serverIsCutOffSoon("application/json|[");

    assertThat(wire.metric("countersign_buffered_bytes")).isZero();
  }

  private HttpResponse<String> call() throws Exception {
    return wire.post(
        wire.request(Way.MODERN, "tools/call", "read"),
        WireFixture.message(Way.MODERN, "7", "tools/call", "\"name\":\"read\"")
            .getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] head(String type) {
    return ("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nConnection: close\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private void flood(OutputStream out, String what, long before) throws IOException {
    byte[] piece = what.repeat(PIECE_BYTES / what.length()).getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < PIECES; i++) {
      out.write(piece);
      out.flush();
      long now = written.incrementAndGet();
      if (now % 25 == 4) {
        heapMost.accumulateAndGet(heap() - before, Math::max);
      }
    }
  }

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
