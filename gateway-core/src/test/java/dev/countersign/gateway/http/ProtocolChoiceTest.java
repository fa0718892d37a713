// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.http.HttpObserver.Refused;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which HTTP a connection without TLS speaks. */
final class ProtocolChoiceTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: gw\r\n\r\n";

  private RawServer server = new RawServer();

  ProtocolChoiceTest() throws IOException {}

  @AfterEach
  void stop() {
    server.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  private void restart(Duration head, boolean http2Cleartext) throws IOException {
    server.close();
    Duration time = Duration.ofSeconds(20);
    server =
        new RawServer(
            new HttpLimits(RawServer.HEADER_BYTES_MAX, 100, 10, head, time, time, http2Cleartext),
            ServerTls.none());
  }

  @Test
  void takesNoHttp2WhereItIsOff() throws IOException {
    restart(Duration.ofSeconds(20), false);
    String hello = new String(Http2Peer.hello(), StandardCharsets.ISO_8859_1);

    assertThat(RawClient.exchange(server.port(), hello + GET)).startsWith("HTTP/1.1 400");
    assertThat(server.heads).isEmpty();
    assertThat(server.refused).containsExactly(Refused.FRAMING);
    server.awaitNoConnections();
  }

  @Test
  void takesEitherWhereItIsOn() throws IOException {
    assertThat(RawClient.exchange(server.port(), GET)).startsWith("HTTP/1.1 200");
    try (Http2Peer peer = new Http2Peer(server.port()).greet().send(Http2Peer.get(1, "/"))) {
      assertThat(peer.verdict(1)).isEqualTo("200");
    }
  }

  @Test
  void waitsForAsMuchAsItTakesToKnow() throws IOException {
    byte[] hello = Http2Peer.hello();
    for (int cut = 1; cut < hello.length; cut++) {
      try (Http2Peer peer = new Http2Peer(server.port())) {
        peer.send(Arrays.copyOf(hello, cut));
        peer.send(Arrays.copyOfRange(hello, cut, hello.length), Http2Peer.get(1, "/"));
        assertThat(peer.verdict(1)).as("cut at %d", cut).isEqualTo("200");
      }
    }
  }

  /** One that begins like it and goes on otherwise is HTTP/1.1, and no good one. */
  @Test
  void refusesWhatOnlyBeginsLikeHttp2() throws IOException {
    String preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for (int cut = 1; cut < preface.length(); cut++) {
      String answer = RawClient.exchange(server.port(), preface.substring(0, cut) + "\0" + GET);
      assertThat(answer).as("cut at %d", cut).startsWith("HTTP/1.1 400");
    }
    assertThat(server.heads).isEmpty();
  }

  @Test
  void closesAConnectionThatDoesNotSayWhatItSpeaks() throws IOException {
    restart(Duration.ofMillis(150), true);
    try (RawClient client = new RawClient(server.port()).send("PRI * HT")) {
      assertThat(client.rest()).isEmpty();
    }
    assertThat(server.refused).containsExactly(Refused.HEAD_TIMEOUT);
  }

  /** The JDK's client asks for HTTP/2 by an Upgrade header. */
  @Test
  void ignoresAnUpgrade() throws Exception {
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      URI uri = URI.create("http://localhost:" + server.port() + "/a");
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString("b")).build(),
              HttpResponse.BodyHandlers.ofString());

      assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
      assertThat(response.body()).isEqualTo("POST /a b");
    }
  }
}
