// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One stream of changes of the modern era for several servers. */
@Timeout(60)
final class FederatedListenTest {
  private static final String GRANT =
      "{caller: \"oidc:demo:*\", allow: [\"%s/*\", \"resource:%s/file:///public/**\"]}";
  private static final String WANTED =
      "\"notifications\":{\"toolsListChanged\":true,\"resourceSubscriptions\":["
          + "\"files+file:///public/a\",\"mail+file:///public/b\",\"mail+file:///secret/c\","
          + "\"nobody+file:///public/a\",\"file:///public/a\"],\"taskIds\":[\"t\"]}";

  @TempDir private Path folder;
  private final ModernServer files;
  private final ModernServer mail;
  private WireGateway gateway;

  FederatedListenTest() throws IOException {
    files = new ModernServer();
    mail = new ModernServer();
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        WireGateway.federated(
            folder,
            servers(),
            List.of(GRANT.formatted("files", "files"), GRANT.formatted("mail", "mail")),
            "keep_alive: 100ms, streams_per_session: 2");
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

  private Events listen(String wanted) throws Exception {
    return new Events(gateway.modern("subscriptions/listen", wanted).open());
  }

  private static ModernServer.Stream opened(ModernServer server) throws InterruptedException {
    return requireNonNull(server.streams.poll(20, TimeUnit.SECONDS));
  }

  private static void say(ModernServer.Stream stream, String method, String moreParams) {
    stream.send(
        "{\"jsonrpc\":\"2.0\",\"method\":\""
            + method
            + "\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":7}"
            + moreParams
            + "}}");
  }

  private static void acknowledge(ModernServer.Stream stream) {
    say(
        stream,
        "notifications/subscriptions/acknowledged",
        ",\"notifications\":" + stream.opened.params().path("notifications"));
  }

  private static void complete(ModernServer.Stream stream) {
    stream.send(
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"complete\",\"_meta\":{"
            + "\"io.modelcontextprotocol/subscriptionId\":7}}}");
    stream.close();
  }

  private static JsonNode filter(ModernServer.Stream stream) {
    return stream.opened.params().path("notifications");
  }

  @Test
  void eachServerIsAskedForItsPartOfWhatPolicyGrants() throws Exception {
    try (Events events = listen(WANTED)) {
      ModernServer.Stream ofFiles = opened(files);
      ModernServer.Stream ofMail = opened(mail);

      assertThat(events.status()).isEqualTo(200);
      assertThat(filter(ofFiles))
          .hasToString(
              "{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"file:///public/a\"]}");
      assertThat(filter(ofMail))
          .hasToString(
              "{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"file:///public/b\"]}");
      assertThat(ofFiles.opened.body().path("id").asInt()).isEqualTo(7);
    }
  }

  @Test
  void serverOfWhichNothingIsWantedIsNotAsked() throws Exception {
    try (Events events =
        listen("\"notifications\":{\"resourceSubscriptions\":[\"mail+file:///public/b\"]}")) {
      acknowledge(opened(mail));

      assertThat(events.message().path("params").path("notifications"))
          .hasToString("{\"resourceSubscriptions\":[\"mail+file:///public/b\"]}");
      assertThat(files.seen).isEmpty();
    }
  }

  @Test
  void acknowledgementOfAllComesFirstAndThenWhatTheySayUnderTheNamesOfTheClient() throws Exception {
    try (Events events = listen(WANTED)) {
      ModernServer.Stream ofFiles = opened(files);
      ModernServer.Stream ofMail = opened(mail);
      acknowledge(ofFiles);
      say(ofFiles, "notifications/resources/updated", ",\"uri\":\"file:///public/a\"");
      say(ofFiles, "notifications/tools/list_changed", "");
      say(
          ofMail,
          "notifications/subscriptions/acknowledged",
          ",\"notifications\":{\"resourceSubscriptions\":[\"file:///public/b\"]}");
      say(ofMail, "notifications/resources/updated", ",\"uri\":\"file:///public/b\"");

      JsonNode first = events.message();
      assertThat(first.path("method").asText())
          .isEqualTo("notifications/subscriptions/acknowledged");
      assertThat(first.path("params").path("notifications"))
          .hasToString(
              "{\"toolsListChanged\":true,\"resourceSubscriptions\":["
                  + "\"files+file:///public/a\",\"mail+file:///public/b\"]}");
      assertThat(first.path("params").path("_meta"))
          .hasToString("{\"io.modelcontextprotocol/subscriptionId\":7}");
      List<String> heard = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        JsonNode message = events.message();
        heard.add(
            message.path("method").asText() + " " + message.path("params").path("uri").asText());
      }
      assertThat(heard)
          .containsExactlyInAnyOrder(
              "notifications/resources/updated files+file:///public/a",
              "notifications/tools/list_changed ",
              "notifications/resources/updated mail+file:///public/b");
    }
  }

  @Test
  void serverThatFailsIsLeftOutAndCounted() throws Exception {
    files.errorStatus = 404;
    files.error("subscriptions/listen", "{\"code\":-32601,\"message\":\"none\"}");
    try (Events events = listen(WANTED)) {
      ModernServer.Stream ofMail = opened(mail);
      acknowledge(ofMail);
      say(ofMail, "notifications/tools/list_changed", "");

      assertThat(events.message().path("params").path("notifications"))
          .hasToString(
              "{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"mail+file:///public/b\"]}");
      assertThat(events.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
      assertThat(gateway.metrics()).contains("countersign_federation_left_out_total 1.0");
    }
  }

  @Test
  void serverThatBeginsBadlyIsLeftOut() throws Exception {
    try (Events events = listen(WANTED)) {
      say(opened(files), "notifications/tools/list_changed", "");
      acknowledge(opened(mail));

      assertThat(events.message().path("params").path("notifications"))
          .hasToString(
              "{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"mail+file:///public/b\"]}");
    }
  }

  @Test
  void serverThatDoesNotAcknowledgeHoldsNobodyUp() throws Exception {
    try (Events events = listen(WANTED)) {
      ModernServer.Stream silent = opened(files);
      acknowledge(opened(mail));

      assertThat(events.message().path("params").path("notifications"))
          .hasToString(
              "{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"mail+file:///public/b\"]}");
      awaitLeft(silent);
    }
  }

  private static void awaitLeft(ModernServer.Stream stream) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (stream.send("{}")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void errorPassesWhenNoServerHasSuchStreams() throws Exception {
    files.errorStatus = 404;
    mail.errorStatus = 404;
    files.error("subscriptions/listen", "{\"code\":-32601,\"message\":\"none\"}");
    mail.error("subscriptions/listen", "{\"code\":-32601,\"message\":\"none\"}");

    HttpResponse<String> answer = gateway.modern("subscriptions/listen", WANTED).send();

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("-32601");
  }

  @Test
  void refusalThatSaysSomethingGoesBeforeOneThatDoesNot() throws Exception {
    gateway.close();
    gateway =
        WireGateway.federated(
            folder,
            servers().replace(mail.url() + "\"", mail.url() + "\", era: legacy"),
            List.of(GRANT.formatted("mail", "mail")),
            "keep_alive: 100ms");

    HttpResponse<String> answer = gateway.modern("subscriptions/listen", WANTED).send();

    assertThat(answer.body()).contains("policy_refused");
    assertThat(mail.seen).isEmpty();
  }

  @Test
  void streamEndsWhenTheLastServersDoes() throws Exception {
    try (Events events = listen(WANTED)) {
      ModernServer.Stream ofFiles = opened(files);
      ModernServer.Stream ofMail = opened(mail);
      acknowledge(ofFiles);
      acknowledge(ofMail);
      events.message();
      complete(ofFiles);
      say(ofMail, "notifications/tools/list_changed", "");
      assertThat(events.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
      complete(ofMail);

      assertThat(events.message().path("result").path("_meta"))
          .hasToString("{\"io.modelcontextprotocol/subscriptionId\":7}");
      assertThat(events.next()).isNull();
    }
  }

  @Test
  void clientThatLeavesTakesTheServersStreamsWithIt() throws Exception {
    Events events = listen(WANTED);
    ModernServer.Stream ofFiles = opened(files);
    ModernServer.Stream ofMail = opened(mail);
    acknowledge(ofFiles);
    say(ofFiles, "notifications/tools/list_changed", "");

    events.close();

    awaitLeft(ofFiles);
    awaitLeft(ofMail);
    awaitStreams(0);
  }

  private void awaitStreams(int count) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!gateway.metrics().contains("countersign_listen_streams " + count + ".0")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void settingsThatTakeTheServersAwayEndTheStream() throws Exception {
    try (Events events = listen(WANTED)) {
      acknowledge(opened(files));
      acknowledge(opened(mail));
      events.message();

      gateway.change(
          servers(), List.of(GRANT.formatted("files", "files").replace("demo:*", "demo:nobody")));

      JsonNode last = events.message();
      while (!last.has("result")) {
        last = events.message();
      }
      assertThat(events.next()).isNull();
    }
  }

  @Test
  void serverThatTheCallerMayNotSeeIsNotAsked() throws Exception {
    gateway.close();
    gateway =
        WireGateway.federated(
            folder, servers(), List.of(GRANT.formatted("files", "files")), "keep_alive: 100ms");
    try (Events events = listen(WANTED)) {
      acknowledge(opened(files));

      assertThat(events.message().path("params").path("notifications"))
          .hasToString(
              "{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"files+file:///public/a\"]}");
      assertThat(mail.seen).isEmpty();
      assertThat(gateway.metrics()).contains("countersign_federation_left_out_total 0.0");
    }
  }

  @Test
  void streamsOfACallerAreBounded() throws Exception {
    try (Events first = listen(WANTED);
        Events second = listen(WANTED)) {
      opened(files);
      opened(files);

      HttpResponse<String> third = gateway.modern("subscriptions/listen", WANTED).send();

      assertThat(List.of(first.status(), second.status(), third.statusCode()))
          .containsExactly(200, 200, 429);
      assertThat(files.streams).isEmpty();
    }
  }

  @Test
  void filterThatIsNoneIsRefused() throws Exception {
    assertThat(gateway.modern("subscriptions/listen", "\"notifications\":[]").send().body())
        .contains("-32602");
    assertThat(files.seen).isEmpty();
    assertThat(mail.seen).isEmpty();
  }
}
