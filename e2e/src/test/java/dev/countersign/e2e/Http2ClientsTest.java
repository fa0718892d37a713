// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that speak HTTP/2, by two other implementations, to the gateway as it is packaged. */
final class Http2ClientsTest {
  private static final int CALLS = 60;
  private static final Duration TIME = Duration.ofSeconds(30);
  private static final String POLICY =
      "policy: {grants: [{caller: \"oidc:demo:reader\", allow: [\"fixture/echo\"]}]}\n";

  /** Java's client takes it in the TLS handshake, and puts all its calls on one connection. */
  @Test
  void callsOfOneConnectionOverTlsAreDecidedAndAnsweredEachByItself(@TempDir Path folder)
      throws Exception {
    Certificates authority = Certificates.authority(folder, "authority");
    Certificates.Pair listener = authority.sign("listener", "ip:127.0.0.1");
    String tls =
        "listen: {address: \"127.0.0.1:0\", drain: 1s, event_loops: 2, tls: {certificate: \""
            + listener.chain()
            + "\", key: \""
            + listener.key()
            + "\"}}\n";
    try (GovernedFixture governed = GovernedFixture.start(folder, tls + POLICY);
        HttpClient client =
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(authority.trusting())
                .build()) {
      // The first one's connection is everybody's.
      assertThat(call(governed, client, "reader", 0, "echo").get(20, TimeUnit.SECONDS).version())
          .isEqualTo(HttpClient.Version.HTTP_2);
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      for (int id = 0; id < CALLS; id++) {
        String tool = id % 3 == 0 ? "delete_note" : "echo";
        answers.add(call(governed, client, id % 2 == 0 ? "reader" : "stranger", id, tool));
      }
      for (int id = 0; id < CALLS; id++) {
        HttpResponse<String> answer = answers.get(id).get(20, TimeUnit.SECONDS);
        JsonNode said = PeerProcess.JSON.readTree(answer.body());
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(said.path("id").asInt()).isEqualTo(id);
        boolean permitted = id % 3 != 0 && id % 2 == 0;
        assertThat(said.has("result")).as(answer.body()).isEqualTo(permitted);
        if (permitted) {
          assertThat(answer.body()).contains("call " + id + "\\");
        }
      }
      assertThat(governed.server().calls())
          .as("what reached the server")
          .hasSize(1 + CALLS / 3)
          .allMatch(seen -> seen.method().equals("tools/call"));
      governed.stop();
    }
  }

  private static CompletableFuture<HttpResponse<String>> call(
      GovernedFixture governed, HttpClient client, String subject, int id, String tool) {
    String body =
        Wire.modernCall(tool, "{\"text\":\"call " + id + "\"}")
            .replace("\"id\":1,", "\"id\":" + id + ",");
    return client.sendAsync(
        HttpRequest.newBuilder(URI.create(governed.url()))
            .header("authorization", "Bearer " + governed.token(subject))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Node's client just begins with it; some of its calls are reset as soon as they are sent. */
  @Test
  void callsWithPriorKnowledgeAreAnsweredWhereItIsSwitchedOn(@TempDir Path folder)
      throws Exception {
    String cleartext =
        "listen: {address: \"127.0.0.1:0\", drain: 1s, event_loops: 2, http2_cleartext: true}\n";
    try (GovernedFixture governed = GovernedFixture.start(folder, cleartext + POLICY)) {
      URI url = URI.create(governed.url());
      JsonNode said =
          PeerProcess.JSON.readTree(
              NodePeers.runScript(
                  "http2-client.mjs",
                  TIME,
                  List.of(
                      url.getScheme() + "://" + url.getAuthority(),
                      url.getPath(),
                      governed.token("reader"),
                      "echo",
                      Integer.toString(CALLS))));
      assertThat(said.path("cancelled").asInt()).isEqualTo(CALLS / 5);
      assertThat(said.path("answers")).hasSize(CALLS - CALLS / 5);
      said.path("answers")
          .properties()
          .forEach(
              answer ->
                  assertThat(answer.getValue().asText())
                      .contains("call " + answer.getKey() + "\\"));
      governed.stop();
    }
  }
}
