// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.LegacyServer.next;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that were not there when a session with several of them began. */
@Timeout(60)
final class FederatedJoinTest {
  private static final String GRANT = "{caller: \"oidc:demo:*\", allow: [\"%s/*\"]}";
  private static final String LIST = "{\"tools\":[{\"name\":\"t\"}]}";

  @TempDir private Path folder;
  private final LegacyServer files;
  private final LegacyServer mail;
  private final LegacyServer.Handler up;
  private WireGateway gateway;

  FederatedJoinTest() throws IOException {
    files = new LegacyServer();
    mail = new LegacyServer();
    up = requireNonNull(files.handlers.get("initialize"));
    down();
    files.handlers.put("tools/list", (seen, reply) -> reply.result(LIST));
    mail.handlers.put("tools/list", (seen, reply) -> reply.result(LIST));
  }

  @BeforeEach
  void start() throws IOException {
    gateway = gateway(List.of(GRANT.formatted("files"), GRANT.formatted("mail")));
  }

  private WireGateway gateway(List<String> grants) throws IOException {
    return WireGateway.federated(folder, servers(), grants, "keep_alive: 100ms");
  }

  private String servers() {
    return "files: {url: \"" + files.url() + "\"}, mail: {url: \"" + mail.url() + "\"}";
  }

  @AfterEach
  void stop() {
    gateway.close();
    files.close();
    mail.close();
  }

  private void down() {
    files.handlers.put(
        "initialize",
        (seen, reply) -> reply.json(500, "\"error\":{\"code\":-1,\"message\":\"x\"}"));
  }

  private void up() {
    files.handlers.put("initialize", up);
  }

  private LegacyClient client() throws Exception {
    return LegacyClient.of(gateway, "reader", "{}");
  }

  private static List<String> names(JsonNode listed) {
    return listed.path("result").path("tools").findValuesAsText("name");
  }

  @Test
  void serverJoinsWhenAListIsAskedAndIsGreetedAsTheClientWould() throws Exception {
    LegacyClient client = client();
    up();

    assertThat(names(client.ask("1", "tools/list", "{}"))).containsExactly("files__t", "mail__t");

    LegacyServer.Seen greeting = files.seen("initialize").getLast();
    assertThat(greeting.body().path("params"))
        .isEqualTo(mail.seen("initialize").getLast().body().path("params"));
    assertThat(next(files.notifications).path("method").asText())
        .isEqualTo("notifications/initialized");
    assertThat(files.seen("tools/list").getLast().session()).startsWith("upstream-");
    assertThat(mail.seen("initialize")).hasSize(1);
  }

  @Test
  void serverJoinsOnceWhenItsToolsAreCalled() throws Exception {
    LegacyClient client = client();
    up();
    List<CompletableFuture<JsonNode>> calls = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      String id = String.valueOf(i);
      calls.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return client.ask(id, "tools/call", "{'name':'files__t'}");
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              }));
    }

    for (CompletableFuture<JsonNode> call : calls) {
      assertThat(call.get().has("result")).isTrue();
    }
    assertThat(files.seen("initialize")).hasSize(2);
    assertThat(files.seen("tools/call")).hasSize(5);
  }

  @Test
  void serverThatIsStillDownIsNotGreetedAgainAtOnce() throws Exception {
    LegacyClient client = client();

    for (int i = 1; i <= 10; i++) {
      JsonNode refused = client.ask(String.valueOf(i), "tools/call", "{'name':'files__t'}");
      assertThat(refused.path("error").path("data").path("reason").asText())
          .isEqualTo("upstream_unavailable");
    }
    assertThat(files.seen("initialize")).hasSizeBetween(2, 9);
    assertThat(files.seen("tools/call")).isEmpty();
  }

  @Test
  void clientWithAStreamHearsThatAServerHasJoinedAndThenWhatItSays() throws Exception {
    LegacyClient client = client();
    try (Events events = client.get(null)) {
      next(mail.gets);
      up();

      Set<String> told = new TreeSet<>();
      while (told.size() < 3) {
        told.add(events.message().path("method").asText());
      }
      assertThat(told)
          .containsExactly(
              "notifications/prompts/list_changed",
              "notifications/resources/list_changed",
              "notifications/tools/list_changed");
      next(files.gets)
          .message(
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
                  + "{\"level\":\"error\",\"data\":1}}");
      assertThat(events.message().path("method").asText()).isEqualTo("notifications/message");
    }
  }

  @Test
  void sessionOfAServerThatJoinedEndsWithTheClients() throws Exception {
    LegacyClient client = client();
    up();
    client.ask("1", "tools/list", "{}");

    assertThat(client.delete()).isEqualTo(200);

    assertThat(files.seen.getLast().verb()).isEqualTo("DELETE");
    assertThat(files.seen.getLast().session()).startsWith("upstream-");
  }

  @Test
  void serverJoinsWhenPolicyNoLongerHidesIt() throws Exception {
    gateway.close();
    gateway = gateway(List.of(GRANT.formatted("mail")));
    up();
    LegacyClient client = client();
    try (Events events = client.get(null)) {
      next(mail.gets);
      assertThat(files.seen).isEmpty();

      gateway.change(servers(), List.of(GRANT.formatted("files"), GRANT.formatted("mail")));

      next(files.gets);
      assertThat(events.status()).isEqualTo(200);
      assertThat(names(client.ask("1", "tools/list", "{}"))).containsExactly("files__t", "mail__t");
    }
  }

  @Test
  void serverThatTheCallerMayNotSeeIsNeverGreeted() throws Exception {
    gateway.close();
    gateway = gateway(List.of(GRANT.formatted("mail")));
    up();
    LegacyClient client = client();

    assertThat(names(client.ask("1", "tools/list", "{}"))).containsExactly("mail__t");
    assertThat(client.ask("2", "tools/call", "{'name':'files__t'}").path("error").path("message"))
        .hasToString("\"Unknown tool: files__t\"");
    assertThat(files.seen).isEmpty();
  }
}
