// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.LegacyServer.next;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How legacy sessions begin and end, in each revision. */
final class LegacySessionsTest {
  private static final String LIST = "{'jsonrpc':'2.0','id':1,'method':'tools/list'}";

  @TempDir private Path folder;
  private final LegacyServer server;
  private WireGateway gateway;

  LegacySessionsTest() throws IOException {
    server = new LegacyServer();
    server.handlers.put("tools/list", (seen, reply) -> reply.result("{\"tools\":[]}"));
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\"}",
            List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private int list(LegacyClient client, String version) throws Exception {
    HttpRequest.Builder request =
        client.request().POST(HttpRequest.BodyPublishers.ofString(LIST.replace('\'', '"')));
    if (!version.isEmpty()) {
      request.header("mcp-protocol-version", version);
    }
    return gateway.send(request.build()).statusCode();
  }

  @ParameterizedTest
  @CsvSource({
    "2025-11-25, 2025-11-25",
    "2025-06-18, 2025-06-18",
    "2025-03-26, 2025-03-26",
    "2024-11-05, 2025-11-25",
    "1.0.0, 2025-11-25",
  })
  void revisionIsAgreedOnAndKept(String asked, String agreed) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}", asked);

    assertThat(client.initialized.path("result").path("protocolVersion").asText())
        .isEqualTo(agreed);
    assertThat(list(client, "")).isEqualTo(200);
    assertThat(list(client, agreed)).isEqualTo(200);
    for (String other : List.of("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "x")) {
      assertThat(list(client, other)).as(other).isEqualTo(other.equals(agreed) ? 200 : 400);
    }
    assertThat(server.seen("tools/list")).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({"2025-03-26", "2025-11-25"})
  void batchesAreRefusedInEveryRevision(String version) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}", version);

    assertThat(client.post("[" + LIST + "]").statusCode()).isEqualTo(400);
    assertThat(server.seen("tools/list")).isEmpty();
  }

  @Test
  void sessionIsBegunOnce() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    String again =
        "{'jsonrpc':'2.0','id':1,'method':'initialize','params':{'protocolVersion':'2025-11-25',"
            + "'capabilities':{},'clientInfo':{'name':'t','version':'1'}}}";

    assertThat(client.post(again).statusCode()).isEqualTo(400);
    assertThat(server.seen("initialize")).hasSize(1);
    assertThat(client.delete()).isEqualTo(200);
    assertThat(client.post(again).statusCode()).isEqualTo(200);
  }

  @Test
  void streamMayBeOpenedBeforeTheClientSaysThatItIsReady() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    try (Events events = client.get(null)) {
      assertThat(events.status()).isEqualTo(200);
    }
    assertThat(client.post("{'jsonrpc':'2.0','method':'notifications/initialized'}").statusCode())
        .isEqualTo(202);
    assertThat(next(server.notifications).path("method").asText())
        .isEqualTo("notifications/initialized");
  }

  @Test
  void serverWithoutSessionsIsServedInOneOfOurs() throws Exception {
    server.sessions = false;
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");

    assertThat(list(client, "")).isEqualTo(200);
    assertThat(server.seen("tools/list").getFirst().session()).isNull();
    assertThat(
            gateway
                .send(
                    gateway
                        .as("reader")
                        .POST(HttpRequest.BodyPublishers.ofString(LIST.replace('\'', '"')))
                        .build())
                .statusCode())
        .isEqualTo(400);
    assertThat(client.delete()).isEqualTo(200);
    assertThat(list(client, "")).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({"200", "204", "405", "404", "500"})
  void sessionIsOverWhateverTheServerSaysToItsEnd(int says) throws Exception {
    server.deleteStatus = says;
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");

    assertThat(client.delete()).isEqualTo(200);
    assertThat(server.seen.getLast().verb()).isEqualTo("DELETE");
    assertThat(server.seen.getLast().session()).isEqualTo("upstream-1");
    assertThat(list(client, "")).isEqualTo(404);
    assertThat(client.delete()).isEqualTo(404);
  }

  @Test
  void sessionThatTheServerForgotIsOver() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    LegacyClient second = LegacyClient.of(gateway, "reader", "{}");
    server.handlers.put(
        "tools/list",
        (seen, reply) -> reply.json(404, "\"error\":{\"code\":-32600,\"message\":\"x\"}"));
    assertThat(list(client, "")).isEqualTo(404);
    server.handlers.put("tools/list", (seen, reply) -> reply.result("{\"tools\":[]}"));

    assertThat(list(client, "")).isEqualTo(404);
    assertThat(list(second, "")).isEqualTo(200);
  }

  @Test
  void onlyItsOwnRequestCanBeTakenBack() throws Exception {
    BlockingQueue<LegacyServer.Stream> calls = new LinkedBlockingQueue<>();
    server.handlers.put("tools/call", (seen, reply) -> calls.add(reply.stream()));
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    LegacyClient second = LegacyClient.of(gateway, "reader", "{}");
    String cancel = "{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':5}}";
    try (Events events = client.call("5", "tools/call", "{'name':'t'}")) {
      next(calls);
      assertThat(second.post(cancel).statusCode()).isEqualTo(202);
      assertThat(client.heldBy("other").post(cancel).statusCode()).isEqualTo(404);
      assertThat(server.notifications).isEmpty();

      assertThat(client.post(cancel).statusCode()).isEqualTo(202);
      assertThat(next(server.notifications).path("params").path("requestId").asInt()).isEqualTo(5);
      assertThat(events.next()).isNull();
    }
    assertThat(client.post(cancel).statusCode()).isEqualTo(202);
    assertThat(server.notifications).isEmpty();
  }

  /** A key is changed by putting a new one before it, and taking it away in time. */
  @Test
  void sessionsOutliveAChangeOfKeysForAsLongAsTheOldOneIsThere() throws Exception {
    for (String name : List.of("one", "two")) {
      byte[] key = new byte[32];
      new SecureRandom().nextBytes(key);
      Files.writeString(folder.resolve(name), Base64.getEncoder().encodeToString(key));
    }
    LegacyClient before = LegacyClient.of(gateway, "reader", "{}");
    String url = "{url: \"" + server.url() + "\"}";
    List<String> grants = List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}");

    gateway.more(url, grants, "state: {keys: [\"file:one\"]}\n");
    LegacyClient first = LegacyClient.of(gateway, "reader", "{}");
    gateway.more(url, grants, "state: {keys: [\"file:two\", \"file:one\"]}\n");
    LegacyClient second = LegacyClient.of(gateway, "reader", "{}");
    assertThat(List.of(list(before, ""), list(first, ""), list(second, ""))).containsOnly(200);

    gateway.more(url, grants, "state: {keys: [\"file:two\"]}\n");
    assertThat(list(first, "")).isEqualTo(404);
    assertThat(list(second, "")).isEqualTo(200);
  }

  /** In the legacy era a connection that closes is no cancel. */
  @Test
  void serverIsToldThatNobodyWaitsAnyMore() throws Exception {
    gateway.close();
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\"}",
            List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}"),
            "call: 300ms");
    server.handlers.put("tools/call", (seen, reply) -> reply.stream());
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");

    try (Events events = client.call("5", "tools/call", "{'name':'t'}")) {
      assertThat(events.message().path("error").path("data").path("reason").asText())
          .isEqualTo("upstream_timeout");
    }
    assertThat(next(server.notifications).path("params").path("requestId").asInt()).isEqualTo(5);
  }
}
