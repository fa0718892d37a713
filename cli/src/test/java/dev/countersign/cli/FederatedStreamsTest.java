// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.LegacyServer.next;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The one GET stream of a legacy client before several servers. */
@Timeout(60)
final class FederatedStreamsTest {
  private static final String TOOLS_CHANGED =
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}";

  @TempDir private Path folder;
  private final LegacyServer files;
  private final LegacyServer mail;
  private WireGateway gateway;

  FederatedStreamsTest() throws IOException {
    files = new LegacyServer();
    mail = new LegacyServer();
    files.capabilities = "{\"tools\":{\"listChanged\":true},\"resources\":{\"subscribe\":true}}";
    mail.capabilities = "{\"tools\":{\"listChanged\":false},\"prompts\":{}}";
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        WireGateway.federated(
            folder,
            servers(),
            List.of(grant("files"), grant("mail")),
            "keep_alive: 100ms, streams_per_session: 2");
  }

  private String servers() {
    return "files: {url: \"" + files.url() + "\"}, mail: {url: \"" + mail.url() + "\"}";
  }

  private static String grant(String server) {
    return "{caller: \"oidc:demo:*\", allow: [\"%s/*\", \"resource:%s/**\", \"roots:%s/list\"]}"
        .formatted(server, server, server);
  }

  @AfterEach
  void stop() {
    gateway.close();
    files.close();
    mail.close();
  }

  private LegacyClient client(String capabilities) throws Exception {
    return LegacyClient.of(gateway, "reader", capabilities);
  }

  private static String updated(String uri) {
    return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\""
        + uri
        + "\"}}";
  }

  /** What is said until both of these were. */
  private static Set<String> methods(Events events, int count) throws IOException {
    Set<String> methods = new TreeSet<>();
    while (methods.size() < count) {
      methods.add(events.message().path("method").asText());
    }
    return methods;
  }

  private static void awaitLeft(LegacyServer.Stream stream) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    try {
      while (System.nanoTime() < deadline) {
        stream.write(": anybody?\n\n");
      }
    } catch (UncheckedIOException gone) {
      return;
    }
    throw new AssertionError("the stream is still open");
  }

  @Test
  void promisesWhatAServerPromises() throws Exception {
    assertThat(client("{}").initialized.path("result").path("capabilities"))
        .hasToString(
            "{\"prompts\":{},\"resources\":{\"subscribe\":true},\"tools\":{\"listChanged\":true}}");
  }

  @Test
  void whatAnyServerSaysComesOnTheOneStreamUnderTheNamesOfTheClient() throws Exception {
    LegacyClient client = client("{}");
    assertThat(client.ask("1", "resources/subscribe", "{'uri':'files+file:///a'}").has("result"))
        .isTrue();
    try (Events events = client.get(null)) {
      LegacyServer.Stream ofFiles = next(files.gets);
      LegacyServer.Stream ofMail = next(mail.gets);
      assertThat(ofFiles.seen.session()).startsWith("upstream-");

      ofMail.message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/prompts/list_changed\"}");
      assertThat(events.message().path("method").asText())
          .isEqualTo("notifications/prompts/list_changed");
      ofFiles.write("id: 1\ndata: " + updated("file:///a") + "\n\n");
      ofFiles.message(TOOLS_CHANGED);

      LegacyClient.Event first = requireNonNull(events.next());
      assertThat(first.id()).isNull();
      assertThat(first.json().path("params").path("uri").asText()).isEqualTo("files+file:///a");
      assertThat(events.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
    }
  }

  @Test
  void largeMessageIsNotOvertaken() throws Exception {
    LegacyClient client = client("{}");
    client.ask("1", "resources/subscribe", "{'uri':'files+file:///a'}");
    try (Events events = client.get(null)) {
      LegacyServer.Stream stream = next(files.gets);
      for (int i = 0; i < 20; i++) {
        stream.message(
            updated("file:///" + i)
                .replace("{\"uri", "{\"x\":\"" + "y".repeat(300_000) + "\",\"uri"));
        stream.message(updated("file:///" + i + "/part"));
      }

      for (int i = 0; i < 20; i++) {
        assertThat(events.message().path("params").path("uri").asText())
            .isEqualTo("files+file:///" + i);
        assertThat(events.message().path("params").path("uri").asText())
            .isEqualTo("files+file:///" + i + "/part");
      }
    }
  }

  @Test
  void nothingIsLostToAClientThatReadsLate() throws Exception {
    try (Events events = client("{}").get(null)) {
      List<LegacyServer.Stream> streams = List.of(next(files.gets), next(mail.gets));
      AtomicInteger sent = new AtomicInteger();
      for (LegacyServer.Stream stream : streams) {
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  for (int i = 0; i < 40; i++) {
                    stream.message(
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
                            + "{\"level\":\"error\",\"data\":\""
                            + i
                            + "\",\"x\":\""
                            + "y".repeat(500_000)
                            + "\"}}");
                    sent.incrementAndGet();
                  }
                });
      }
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (sent.get() < 8) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.onSpinWait();
      }

      int[] heard = new int[40];
      for (int i = 0; i < 80; i++) {
        heard[events.message().path("params").path("data").asInt()]++;
      }
      assertThat(heard).containsOnly(2);
    }
  }

  @Test
  void serverWithoutAStreamIsLeftOut() throws Exception {
    mail.getStatus = 405;
    try (Events events = client("{}").get(null)) {
      next(files.gets).message(TOOLS_CHANGED);

      assertThat(events.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
    }
  }

  @Test
  void clientIsToldWhenNoServerHasAStream() throws Exception {
    files.getStatus = 405;
    mail.getStatus = 405;

    try (Events events = client("{}").get(null)) {
      assertThat(events.status()).isEqualTo(405);
    }
  }

  @Test
  void serverThatFailsIsAskedAgain() throws Exception {
    files.getStatus = 500;
    mail.getStatus = 500;
    try (Events events = client("{}").get(null)) {
      assertThat(events.status()).isEqualTo(200);
      files.getStatus = 200;
      LegacyServer.Stream stream = next(files.gets);
      stream.message(TOOLS_CHANGED);
      events.message();
      stream.close();

      next(files.gets).message(TOOLS_CHANGED);
      events.message();
    }
  }

  @Test
  void answerToAQuestionOnTheStreamGoesToTheServerThatAsked() throws Exception {
    mail.handlers.put("tools/call", (seen, reply) -> reply.stream());
    LegacyClient client = client("{\"roots\":{}}");
    try (Events events = client.get(null);
        Events call = client.call("5", "tools/call", "{'name':'mail__send'}")) {
      assertThat(call.status()).isEqualTo(200);
      next(files.gets);
      next(mail.gets).message("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"roots/list\"}");
      JsonNode question = events.message();
      assertThat(question.path("method").asText()).isEqualTo("roots/list");

      HttpResponse<String> taken =
          client.post("{'jsonrpc':'2.0','id':" + question.path("id") + ",'result':{'roots':[]}}");

      assertThat(taken.statusCode()).isEqualTo(202);
      assertThat(next(mail.responses).path("id").asInt()).isEqualTo(9);
      assertThat(files.responses).isEmpty();
    }
  }

  @Test
  void progressGoesToTheOneServerThatAwaitsIt() throws Exception {
    for (LegacyServer server : List.of(files, mail)) {
      server.handlers.put("tools/call", (seen, reply) -> reply.stream());
    }
    LegacyClient client = client("{\"roots\":{}}");
    try (Events events = client.get(null);
        Events ofFiles = client.call("5", "tools/call", "{'name':'files__t'}");
        Events ofMail = client.call("6", "tools/call", "{'name':'mail__t'}")) {
      assertThat(List.of(ofFiles.status(), ofMail.status())).containsOnly(200);
      LegacyServer.Stream filesAsk = next(files.gets);
      LegacyServer.Stream mailAsk = next(mail.gets);
      filesAsk.message(roots(1, "same"));
      mailAsk.message(roots(2, "same"));
      mailAsk.message(roots(3, "own"));
      for (int i = 0; i < 3; i++) {
        events.message();
      }

      assertThat(progress(client, "same")).isEqualTo(202);
      assertThat(progress(client, "nobody")).isEqualTo(202);
      assertThat(progress(client, "own")).isEqualTo(202);

      assertThat(next(mail.notifications).path("params").path("progressToken").asText())
          .isEqualTo("own");
      assertThat(mail.notifications).isEmpty();
      assertThat(files.notifications).isEmpty();
    }
  }

  private static String roots(int id, String token) {
    return "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"roots/list\",\"params\":{\"_meta\":{\"progressToken\":\"%s\"}}}"
        .formatted(id, token);
  }

  private static int progress(LegacyClient client, String token) throws Exception {
    return client
        .post(
            "{'jsonrpc':'2.0','method':'notifications/progress','params':{'progressToken':'"
                + token
                + "','progress':1}}")
        .statusCode();
  }

  @Test
  void clientThatLeavesTakesTheServersStreamsWithIt() throws Exception {
    Events events = client("{}").get(null);
    LegacyServer.Stream ofFiles = next(files.gets);
    LegacyServer.Stream ofMail = next(mail.gets);

    events.close();

    awaitLeft(ofFiles);
    awaitLeft(ofMail);
  }

  @Test
  void streamEndsWithItsSession() throws Exception {
    LegacyClient client = client("{}");
    try (Events events = client.get(null)) {
      LegacyServer.Stream stream = next(files.gets);
      assertThat(client.delete()).isEqualTo(200);

      assertThat(events.next()).isNull();
      awaitLeft(stream);
    }
  }

  @Test
  void streamEndsWithItsCredential() throws Exception {
    LegacyClient client = client("{}");
    try (Events events =
        new Events(
            gateway.open(
                gateway
                    .as("reader", Duration.ofSeconds(2))
                    .header("mcp-session-id", client.session)
                    .setHeader("accept", "text/event-stream")
                    .GET()
                    .build()))) {
      LegacyServer.Stream stream = next(files.gets);

      assertThat(events.next()).isNull();
      awaitLeft(stream);
    }
  }

  @Test
  void streamsOfASessionAreBounded() throws Exception {
    LegacyClient client = client("{}");
    List<Events> open = new ArrayList<>();
    try {
      open.add(client.get(null));
      open.add(client.get(null));
      next(files.gets);
      next(files.gets);

      open.add(client.get(null));
      assertThat(open.getLast().status()).isEqualTo(429);
      assertThat(files.gets).isEmpty();
    } finally {
      for (Events events : open) {
        events.close();
      }
    }
  }

  @Test
  void nothingIsGoneOnWith() throws Exception {
    try (Events events = client("{}").get("some-event")) {
      assertThat(events.status()).isEqualTo(400);
    }
    assertThat(files.gets).isEmpty();
    assertThat(mail.gets).isEmpty();
  }

  @Test
  void serversThatTheCallerMayNotSeeAreNotAskedUntilTheSettingsSayOtherwise() throws Exception {
    LegacyClient client = client("{}");
    try (Events events = client.get(null)) {
      LegacyServer.Stream ofFiles = next(files.gets);
      LegacyServer.Stream ofMail = next(mail.gets);
      gateway.change(servers(), List.of(grant("files")));

      awaitLeft(ofMail);
      ofFiles.message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/prompts/list_changed\"}");
      assertThat(methods(events, 3)).contains("notifications/prompts/list_changed");
      assertThat(mail.gets).isEmpty();

      gateway.change(servers(), List.of(grant("files"), grant("mail")));
      next(mail.gets);
    }
  }

  @Test
  void logLevelIsSetAtEveryServer() throws Exception {
    LegacyClient client = client("{}");

    assertThat(client.ask("1", "logging/setLevel", "{'level':'error'}").has("result")).isTrue();

    assertThat(files.seen("logging/setLevel")).hasSize(1);
    assertThat(mail.seen("logging/setLevel")).hasSize(1);
  }
}
