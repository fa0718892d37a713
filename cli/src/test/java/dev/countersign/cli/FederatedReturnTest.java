// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.LegacyServer.next;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that restart behind a session with several, and what happens while one is greeted. */
@Timeout(60)
final class FederatedReturnTest {
  private static final String GRANT = "{caller: \"oidc:demo:*\", allow: [\"%s/*\"]}";
  private static final String LIST =
      "{\"resultType\":\"complete\",\"cacheScope\":\"private\",\"ttlMs\":9,"
          + "\"tools\":[{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\"}}]}";
  private static final String CALL = "{'name':'files__t'}";

  @TempDir private Path folder;
  private final LegacyServer files;
  private final LegacyServer mail;
  private final LegacyServer.Handler up;
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private volatile String known = "upstream-1";
  private WireGateway gateway;

  FederatedReturnTest() throws IOException {
    files = new LegacyServer();
    mail = new LegacyServer();
    up = requireNonNull(files.handlers.get("initialize"));
    for (String method : List.of("tools/list", "tools/call")) {
      files.handlers.put(
          method,
          (seen, reply) -> {
            if (seen.session() == null || seen.session().equals(known)) {
              reply.result(LIST);
            } else {
              reply.json(404, "\"error\":{\"code\":-32001,\"message\":\"no such session\"}");
            }
          });
    }
    mail.handlers.put("tools/list", (seen, reply) -> reply.result(LIST));
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        WireGateway.federated(
            folder,
            servers(),
            List.of(GRANT.formatted("files"), GRANT.formatted("mail")),
            "keep_alive: 100ms");
  }

  private String servers() {
    return "files: {url: \"" + files.url() + "\"}, mail: {url: \"" + mail.url() + "\"}";
  }

  @AfterEach
  void stop() {
    release.countDown();
    gateway.close();
    files.close();
    mail.close();
  }

  private LegacyClient client() throws Exception {
    return LegacyClient.of(gateway, "reader", "{}");
  }

  /** A client whose session began while files was down; files is up, and slow to greet. */
  private LegacyClient clientBeforeSlowGreeting() throws Exception {
    files.handlers.put(
        "initialize",
        (seen, reply) -> reply.json(500, "\"error\":{\"code\":-1,\"message\":\"x\"}"));
    LegacyClient client = client();
    files.handlers.put(
        "initialize",
        (seen, reply) -> {
          asked.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          up.handle(seen, reply);
        });
    return client;
  }

  private static CompletableFuture<JsonNode> ask(
      LegacyClient client, String method, String params) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return client.ask("1", method, params);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  private static List<String> names(JsonNode listed) {
    return listed.path("result").path("tools").findValuesAsText("name");
  }

  private static String reason(JsonNode refused) {
    return refused.path("error").path("data").path("reason").asText();
  }

  @Test
  void sessionThatEndsWhileAServerIsGreetedLeavesNothingToOthers() throws Exception {
    LegacyClient client = clientBeforeSlowGreeting();
    CompletableFuture<JsonNode> listed = ask(client, "tools/list", "{}");
    asked.await();
    assertThat(client.delete()).isEqualTo(200);
    release.countDown();
    assertThat(listed.get().has("error")).isTrue();

    assertThat(names(gateway.modern("tools/list", "").as("other").answer()))
        .containsExactly("files__t", "mail__t");
    assertThat(files.notifications).isEmpty();
  }

  @Test
  void callThatWaitedForAGreetingIsDecidedByTheSettingsOfNow() throws Exception {
    LegacyClient client = clientBeforeSlowGreeting();
    CompletableFuture<JsonNode> called = ask(client, "tools/call", CALL);
    asked.await();
    gateway.more(servers(), List.of(GRANT.formatted("mail")), "");
    release.countDown();

    assertThat(called.get().has("result")).isFalse();
    assertThat(files.seen("tools/call")).isEmpty();
  }

  @Test
  void callWhoseCredentialExpiresWhileAServerIsGreetedIsNotSent() throws Exception {
    LegacyClient client = clientBeforeSlowGreeting();
    CompletableFuture<HttpResponse<String>> called =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return gateway.send(
                    gateway
                        .as("reader", Duration.ofSeconds(2))
                        .header("mcp-session-id", client.session)
                        .POST(
                            java.net.http.HttpRequest.BodyPublishers.ofString(
                                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
                                    + "\"params\":{\"name\":\"files__t\"}}"))
                        .build());
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    asked.await();
    long expired = System.nanoTime() + Duration.ofSeconds(3).toNanos();
    while (System.nanoTime() < expired) {
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
    release.countDown();

    assertThat(called.get().body()).contains("credential_rejected");
    assertThat(files.seen("tools/call")).isEmpty();
    assertThat(files.notifications).isEmpty();
  }

  @Test
  void listDoesNotWaitLongForAServerThatHangs() throws Exception {
    LegacyClient client = clientBeforeSlowGreeting();

    assertThat(names(client.ask("1", "tools/list", "{}"))).containsExactly("mail__t");

    release.countDown();
    next(files.notifications);
    assertThat(names(client.ask("2", "tools/list", "{}"))).containsExactly("files__t", "mail__t");
  }

  @Test
  void serverThatForgotItsSessionJoinsAnew() throws Exception {
    LegacyClient client = client();
    known = "upstream-2";

    HttpResponse<String> refused =
        client.post("{'jsonrpc':'2.0','id':1,'method':'tools/call','params':" + CALL + "}");
    assertThat(refused.statusCode()).isNotEqualTo(404);
    assertThat(reason(WireGateway.JSON.readTree(refused.body()))).isEqualTo("upstream_unavailable");
    assertThat(client.ask("2", "tools/call", CALL).has("result")).isTrue();
    assertThat(names(client.ask("3", "tools/list", "{}"))).containsExactly("files__t", "mail__t");
    assertThat(files.seen("initialize")).hasSize(2);
    assertThat(mail.seen("initialize")).hasSize(1);
  }

  @Test
  void streamOfAServerThatForgotItsSessionComesBack() throws Exception {
    LegacyClient client = client();
    try (Events events = client.get(null)) {
      LegacyServer.Stream first = next(files.gets);
      known = "upstream-2";
      files.getStatus = 404;
      first.close();
      awaitSeen("initialize", 2);
      files.getStatus = 200;

      LegacyServer.Stream again = next(files.gets);
      assertThat(again.seen.session()).startsWith("upstream-").isNotEqualTo("upstream-1");
      assertThat(events.message().path("method").asText()).endsWith("list_changed");
    }
  }

  @Test
  void streamThatIsOpenedAgainCountsInMemoryOnce() throws Exception {
    LegacyClient client = client();
    try (Events events = client.get(null)) {
      long before = 0;
      for (int i = 0; i < 4; i++) {
        LegacyServer.Stream stream = next(files.gets);
        stream.message(
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
                + "{\"level\":\"error\",\"data\":\""
                + "x".repeat(300_000)
                + "\"}}");
        events.message();
        stream.close();
        before = i == 0 ? buffered() : before;
      }
      next(files.gets);

      assertThat(buffered()).isLessThanOrEqualTo(before);
    }
  }

  @Test
  void serverThatJoinsLaterHearsOfTheLogLevel() throws Exception {
    LegacyClient client = clientBeforeSlowGreeting();
    client.ask("1", "logging/setLevel", "{'level':'error'}");
    assertThat(files.seen("logging/setLevel")).isEmpty();
    release.countDown();

    client.ask("2", "tools/list", "{}");

    awaitSeen("logging/setLevel", 1);
    LegacyServer.Seen set = files.seen("logging/setLevel").getFirst();
    assertThat(set.body().path("params")).hasToString("{\"level\":\"error\"}");
    assertThat(set.session()).isEqualTo("upstream-1");
  }

  private void awaitSeen(String method, int times) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (files.seen(method).size() < times) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }

  private long buffered() throws Exception {
    return gateway
        .metrics()
        .lines()
        .filter(line -> line.startsWith("countersign_buffered_bytes"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
