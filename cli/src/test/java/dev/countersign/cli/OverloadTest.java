// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More comes in than can be worked on: what is refused, how, and who still gets through. */
final class OverloadTest {
  private static final List<String> EVERYTHING =
      List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}");

  @TempDir private Path folder;

  @Test
  void refusesWhatThereIsNoTimeForAndTakesAllAgainAfterwards() throws Exception {
    try (ScriptedServer server = new ScriptedServer();
        WireGateway gateway =
            new WireGateway(
                folder,
                "{url: \"" + server.url() + "\"}",
                EVERYTHING,
                "loop_turn: 1ms, calls_per_caller: 1000")) {
      server.results.put("tools/call", "{\"content\":[],\"resultType\":\"complete\"}");
      HttpRequest light = call(gateway, "light");
      int answered = 0;
      // Its body says another name than its header, so that neither disk nor server slow it down.
      String mismatch = raw(gateway, call(gateway, "flood")).replace("mcp-name: t", "mcp-name: u");
      Flood flood = new Flood(port(gateway), 128, mismatch);
      try (flood) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while ((flood.refused.get() < 1000 || answered < 20) && System.nanoTime() < deadline) {
          answered += gateway.send(light).statusCode() == 200 ? 1 : 0;
        }
      }

      assertThat(flood.refused).as("refused").hasValueGreaterThanOrEqualTo(1000);
      for (String one : flood.refusals) {
        assertThat(one).contains("\r\nretry-after: 1\r\n").doesNotContain("connection: close");
        JsonNode body = WireGateway.JSON.readTree(one.substring(one.indexOf("\r\n\r\n")));
        assertThat(body.path("id").asInt()).isEqualTo(7);
        assertThat(body.path("error").path("data").path("reason").asText()).isEqualTo("busy");
      }
      assertThat(answered).as("answers to one who asks little").isGreaterThanOrEqualTo(20);
      assertThat(server.seen).as("nothing of the flood went out").hasSize(answered);
      for (int i = 0; i < 20; i++) {
        assertThat(gateway.send(light).statusCode()).as("after the flood").isEqualTo(200);
      }
      assertThat(gateway.metrics())
          .containsPattern("countersign_refusals_total\\{reason=\"busy\"\\} [1-9]");
    }
  }

  @Test
  void callBeyondACallersBoundIsToldWhenToComeAgainAndKeepsItsConnection() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        WireGateway gateway =
            new WireGateway(
                folder,
                "{url: \"http://127.0.0.1:" + silent.getLocalPort() + "/mcp\"}",
                EVERYTHING,
                "calls_per_caller: 1")) {
      HttpRequest request = call(gateway, "reader");
      Thread waits = Thread.startVirtualThread(() -> sent(gateway, request));
      try (Socket server = silent.accept();
          Socket client = new Socket(InetAddress.getLoopbackAddress(), port(gateway));
          BufferedReader in =
              new BufferedReader(
                  new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII))) {
        assertThat(server.getInputStream().read()).as("the first call is out").isPositive();
        for (int i = 0; i < 2; i++) {
          client.getOutputStream().write(raw(gateway, request).getBytes(StandardCharsets.US_ASCII));
          List<String> head = head(in);
          assertThat(head.getFirst()).startsWith("HTTP/1.1 429 ");
          assertThat(head).contains("retry-after: 1").doesNotContain("connection: close");
          int length =
              head.stream()
                  .filter(line -> line.startsWith("content-length: "))
                  .mapToInt(line -> Integer.parseInt(line.substring(16)))
                  .sum();
          char[] body = new char[length];
          assertThat(in.read(body)).isEqualTo(length);
          assertThat(WireGateway.JSON.readTree(new String(body)).path("id").asInt()).isEqualTo(7);
        }
      }
      waits.join(Duration.ofSeconds(20));
    }
  }

  private static HttpRequest call(WireGateway gateway, String subject) {
    return gateway
        .modern("tools/call", "\"name\":\"t\",\"arguments\":{}")
        .name("t")
        .as(subject)
        .request();
  }

  private static HttpResponse<String> sent(WireGateway gateway, HttpRequest request) {
    try {
      return gateway.send(request);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static int port(WireGateway gateway) {
    return URI.create(gateway.url()).getPort();
  }

  private static String raw(WireGateway gateway, HttpRequest request) {
    String body =
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"t\",\"arguments\":{},"
            + WireFixture.META
            + "}}";
    StringBuilder raw = new StringBuilder("POST /docs/mcp HTTP/1.1\r\n");
    raw.append("host: 127.0.0.1:").append(port(gateway)).append("\r\n");
    request.headers().map().forEach((name, values) -> line(raw, name, values.getFirst()));
    return line(raw, "content-length", String.valueOf(body.length())).append("\r\n") + body;
  }

  private static StringBuilder line(StringBuilder raw, String name, String value) {
    return raw.append(name).append(": ").append(value).append("\r\n");
  }

  private static List<String> head(BufferedReader in) throws IOException {
    List<String> head = new ArrayList<>();
    for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
      head.add(line);
    }
    return head;
  }
}
