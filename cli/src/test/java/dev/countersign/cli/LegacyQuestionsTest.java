// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.LegacyServer.next;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What legacy servers ask clients, and what comes back. */
final class LegacyQuestionsTest {
  private static final String ALL =
      "{\"sampling\":{},\"elicitation\":{\"form\":{},\"url\":{}},\"roots\":{\"listChanged\":true}}";
  private static final String SAMPLING =
      "\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[{\"role\":\"user\",\"content\":"
          + "{\"type\":\"text\",\"text\":\"hi\"}}],\"maxTokens\":99999}}";
  private static final String FORM =
      "\"method\":\"elicitation/create\",\"params\":{\"message\":\"m\",\"_meta\":{\"progressToken\":5},"
          + "\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"}}}}}";
  private static final String ACCEPT = "'result':{'action':'accept','content':{'name':'x'}}}";

  @TempDir private Path folder;
  private final LegacyServer server;
  private final BlockingQueue<LegacyServer.Stream> calls = new LinkedBlockingQueue<>();
  private WireGateway gateway;

  LegacyQuestionsTest() throws IOException {
    server = new LegacyServer();
    server.handlers.put("tools/call", (seen, reply) -> calls.add(reply.stream()));
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            settings(),
            List.of(
                "{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}",
                "{caller: \"oidc:demo:asked*\", allow: [\"sampling:docs/*\", \"roots:docs/*\","
                    + " \"elicitation:docs/**\"]}"));
  }

  private String settings() {
    return "{url: \"" + server.url() + "\", elicitation_hosts: [login.example]}";
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private static String question(String id, String rest) {
    return "{\"jsonrpc\":\"2.0\",\"id\":" + id + "," + rest;
  }

  private static String response(JsonNode id, String rest) {
    return "{'jsonrpc':'2.0','id':" + id + "," + rest;
  }

  private Events call(LegacyClient client, String id) throws Exception {
    return client.call(id, "tools/call", "{'name':'t','arguments':{}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "asked | {'sampling':{},'elicitation':{'form':{},'url':{}},'roots':{'listChanged':true}}",
        "reader | {}",
      })
  void serverIsToldWhatIsGrantedOnly(String subject, String told) throws Exception {
    LegacyClient.of(gateway, subject, ALL);

    assertThat(server.seen("initialize").getFirst().body().path("params").path("capabilities"))
        .hasToString(told.replace('\'', '"'));
  }

  @Test
  void grantedQuestionGoesToTheClientAndItsAnswerBack() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      stream.message(question("77", SAMPLING));
      JsonNode asked = events.message();

      assertThat(asked.path("method").asText()).isEqualTo("sampling/createMessage");
      assertThat(asked.path("params").path("maxTokens").asInt()).isEqualTo(4096);
      assertThat(asked.path("id").asText()).startsWith("cs-").isNotEqualTo("77");

      String answer =
          response(
              asked.path("id"),
              "'result':{'role':'assistant','model':'m','content':{'type':'text','text':'yo'}}}");
      assertThat(client.post(answer).statusCode()).isEqualTo(202);
      JsonNode back = next(server.responses);
      assertThat(back.path("id")).hasToString("77");
      assertThat(back.path("result").path("content").path("text").asText()).isEqualTo("yo");

      stream.result("{\"content\":[]}");
      assertThat(events.message().path("id").asInt()).isEqualTo(1);
      assertThat(client.post(answer).statusCode()).isEqualTo(400);
    }
    assertThat(server.responses).isEmpty();
    assertThat(
            gateway.records(8).stream()
                .flatMap(List::stream)
                .filter(leaf -> leaf.path("method").asText().startsWith("sampling"))
                .map(leaf -> leaf.path("trigger").asText()))
        .containsExactlyInAnyOrder("input_request", "input_response");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "reader | {} | sampling/createMessage | {'code':-1}",
        "reader | {'sampling':{}} | sampling/createMessage | {'code':-1}",
        "asked | {} | sampling/createMessage | {'code':-1}",
        "asked | {'sampling':{}} | elicitation/create | {'action':'decline'}",
        "reader | {'elicitation':{}} | elicitation/create | {'action':'decline'}",
        "reader | {'roots':{}} | roots/list | {'code':-32601}",
        "asked | {'roots':{}} | tools/call | {'code':-32601}",
      })
  void refusedQuestionIsAnsweredHereAndNoClientSeesIt(
      String subject, String capabilities, String method, String words) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, subject, capabilities.replace('\'', '"'));
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      String rest =
          switch (method) {
            case "sampling/createMessage" -> SAMPLING;
            case "elicitation/create" -> FORM;
            default -> "\"method\":\"" + method + "\"}";
          };
      stream.message(question("77", rest));
      JsonNode told = next(server.responses);

      assertThat(told.path("id").asInt()).isEqualTo(77);
      JsonNode expected = LegacyServer.JSON.readTree(words.replace('\'', '"'));
      JsonNode is = told.has("error") ? told.path("error") : told.path("result");
      expected
          .fieldNames()
          .forEachRemaining(name -> assertThat(is.get(name)).isEqualTo(expected.get(name)));
      stream.result("{\"content\":[]}");
      assertThat(events.message().path("id").asInt()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"params\":{\"message\":\"m\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"password\":{\"type\":\"string\"}}}}}",
        "\"params\":{\"message\":\"m\",\"mode\":\"url\",\"elicitationId\":\"e\",\"url\":\"https://evil.example/\"}}",
        "\"params\":{\"message\":\"m\",\"mode\":\"url\",\"elicitationId\":\"e\",\"url\":\"http://login.example/\"}}",
      })
  void questionOutOfBoundsIsRefusedWhoeverGrantsIt(String params) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      stream.message(question("\"q\"", "\"method\":\"elicitation/create\"," + params));

      assertThat(next(server.responses).path("result").path("action").asText())
          .isEqualTo("decline");
      stream.result("{\"content\":[]}");
      assertThat(events.message().path("id").asInt()).isEqualTo(1);
    }
  }

  @Test
  void answerOfAnotherSessionCallerOrIdIsNone() throws Exception {
    LegacyClient mine = LegacyClient.of(gateway, "asked", ALL);
    LegacyClient mySecond = LegacyClient.of(gateway, "asked", ALL);
    LegacyClient other = LegacyClient.of(gateway, "asked-too", ALL);
    try (Events events = call(mine, "1")) {
      LegacyServer.Stream stream = next(calls);
      stream.message(question("0", FORM));
      JsonNode asked = events.message();

      assertThat(mySecond.post(response(asked.path("id"), ACCEPT)).statusCode()).isEqualTo(400);
      assertThat(other.post(response(asked.path("id"), ACCEPT)).statusCode()).isEqualTo(400);
      assertThat(mine.heldBy("asked-too").post(response(asked.path("id"), ACCEPT)).statusCode())
          .isEqualTo(404);
      assertThat(mine.post("{'jsonrpc':'2.0','id':0," + ACCEPT).statusCode()).isEqualTo(400);
      assertThat(mine.post("{'jsonrpc':'2.0','id':1," + ACCEPT).statusCode()).isEqualTo(400);
      assertThat(server.responses).isEmpty();

      assertThat(mine.post(response(asked.path("id"), ACCEPT)).statusCode()).isEqualTo(202);
      assertThat(next(server.responses).path("id").asInt()).isZero();
      stream.result("{\"content\":[]}");
      assertThat(events.message().path("id").asInt()).isEqualTo(1);
    }
  }

  @Test
  void idsOfTwoSessionsNeverCross() throws Exception {
    LegacyClient first = LegacyClient.of(gateway, "asked", ALL);
    LegacyClient second = LegacyClient.of(gateway, "asked", ALL);
    try (Events one = call(first, "1");
        Events two = call(second, "1")) {
      LegacyServer.Stream a = next(calls);
      LegacyServer.Stream b = next(calls);
      a.message(question("5", FORM));
      b.message(question("5", FORM));
      JsonNode askedOne = one.message();
      JsonNode askedTwo = two.message();

      assertThat(askedOne.path("id")).isNotEqualTo(askedTwo.path("id"));
      assertThat(first.post(response(askedTwo.path("id"), ACCEPT)).statusCode()).isEqualTo(400);
      assertThat(second.post(response(askedTwo.path("id"), ACCEPT)).statusCode()).isEqualTo(202);
      next(server.responses);
      assertThat(server.seen.getLast().session()).isEqualTo("upstream-2");
      a.result("{}");
      b.result("{}");
      one.message();
      two.message();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'result':{'action':'accept','content':{'name':1}}}",
        "'result':{'action':'accept','content':{'other':'x'}}}",
        "'result':{'action':'approve'}}",
        "'result':{}}",
      })
  void answerThatDoesNotFitIsRefusedAndTheServerTold(String answer) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      stream.message(question("5", FORM));
      JsonNode asked = events.message();

      assertThat(client.post(response(asked.path("id"), answer)).statusCode()).isEqualTo(400);
      JsonNode told = next(server.responses);
      assertThat(told.path("id").asInt()).isEqualTo(5);
      assertThat(told.path("result")).hasToString("{\"action\":\"decline\"}");
      stream.result("{}");
      events.message();
    }
  }

  @Test
  void errorOfAClientIsAnAnswerToo() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      stream.message(question("5", FORM));

      String answer =
          response(events.message().path("id"), "'error':{'code':-32603,'message':'no'}}");
      assertThat(client.post(answer).statusCode()).isEqualTo(202);
      assertThat(next(server.responses))
          .hasToString(
              "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32603,\"message\":\"no\"}}");
      stream.result("{}");
      events.message();
    }
  }

  @Test
  void serverTakesBackItsOwnQuestionOnly() throws Exception {
    LegacyClient first = LegacyClient.of(gateway, "asked", ALL);
    LegacyClient second = LegacyClient.of(gateway, "asked", ALL);
    try (Events one = call(first, "1");
        Events two = call(second, "2")) {
      LegacyServer.Stream a = next(calls);
      LegacyServer.Stream b = next(calls);
      a.message(question("5", FORM));
      JsonNode asked = one.message();
      String back =
          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%s}}";
      b.message(back.formatted("5"));
      b.message(back.formatted("2"));
      b.result("{}");
      assertThat(two.message().path("id").asInt()).isEqualTo(2);

      a.message(back.formatted("5"));
      JsonNode told = one.message();
      assertThat(told.path("method").asText()).isEqualTo("notifications/cancelled");
      assertThat(told.path("params").path("requestId")).isEqualTo(asked.path("id"));
      assertThat(first.post(response(asked.path("id"), ACCEPT)).statusCode()).isEqualTo(400);
      a.result("{}");
      one.message();
    }
    assertThat(server.responses).isEmpty();
  }

  @Test
  void questionEndsWithTheCallItCameWith() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      stream.message(question("5", FORM));
      JsonNode asked = events.message();
      stream.result("{}");
      events.message();

      assertThat(client.post(response(asked.path("id"), ACCEPT)).statusCode()).isEqualTo(400);
      assertThat(server.responses).isEmpty();
    }
  }

  @Test
  void questionOnAStreamOfNoRequestNeedsARequestInFlight() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = client.get(null)) {
      LegacyServer.Stream get = next(server.gets);
      get.message(question("5", FORM));
      assertThat(next(server.responses).path("result").path("action").asText())
          .isEqualTo("decline");

      try (Events call = call(client, "1")) {
        LegacyServer.Stream stream = next(calls);
        get.message(question("6", FORM));
        JsonNode asked = events.message();
        assertThat(client.post(response(asked.path("id"), ACCEPT)).statusCode()).isEqualTo(202);
        assertThat(next(server.responses).path("id").asInt()).isEqualTo(6);
        stream.result("{}");
        call.message();
      }
    }
  }

  @Test
  void questionOnAnOpenStreamNeedsAGrantThatHoldsNow() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = client.get(null);
        Events call = call(client, "1")) {
      LegacyServer.Stream get = next(server.gets);
      LegacyServer.Stream stream = next(calls);
      gateway.more(
          settings(),
          List.of(
              "{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}",
              "{caller: \"oidc:demo:asked*\", allow: [\"sampling:docs/*\"]}"),
          "");

      get.message(question("6", FORM));
      assertThat(next(server.responses).path("result").path("action").asText())
          .isEqualTo("decline");
      get.message(question("7", SAMPLING));
      assertThat(messageNotOfLists(events).path("method").asText())
          .isEqualTo("sampling/createMessage");
      stream.result("{}");
      call.message();
    }
  }

  /** New settings are told as changed lists. */
  private static JsonNode messageNotOfLists(Events events) throws IOException {
    JsonNode message = events.message();
    while (message.path("method").asText().endsWith("list_changed")) {
      message = events.message();
    }
    return message;
  }

  @Test
  void questionWithTheIdOfOneThatWaitsEndsTheCall() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      stream.message(question("5", FORM));
      JsonNode asked = events.message();
      stream.message(question("5", SAMPLING));

      assertThat(events.message().path("error").path("data").path("reason").asText())
          .isEqualTo("upstream_bad_reply");
      assertThat(client.post(response(asked.path("id"), ACCEPT)).statusCode()).isEqualTo(400);
      assertThat(server.responses).isEmpty();
    }
  }

  @Test
  void idOfAQuestionThatWasTakenBackIsFree() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      stream.message(question("5", FORM));
      events.message();
      stream.message(
          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":5}}");
      events.message();
      stream.message(question("5", SAMPLING));

      assertThat(events.message().path("method").asText()).isEqualTo("sampling/createMessage");
      stream.result("{}");
      events.message();
    }
  }

  @Test
  void progressOfAnswersBelongsToAnOpenQuestion() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    LegacyClient other = LegacyClient.of(gateway, "asked-too", ALL);
    String progress =
        "{'jsonrpc':'2.0','method':'notifications/progress','params':{'progressToken':%s,'progress':1}}";
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      assertThat(client.post(progress.formatted("5")).statusCode()).isEqualTo(202);
      stream.message(question("9", FORM));
      JsonNode asked = events.message();
      assertThat(client.post(progress.formatted("6")).statusCode()).isEqualTo(202);
      assertThat(client.post(progress.formatted("'5'")).statusCode()).isEqualTo(202);
      assertThat(other.post(progress.formatted("5")).statusCode()).isEqualTo(202);
      assertThat(server.notifications).isEmpty();

      assertThat(client.post(progress.formatted("5")).statusCode()).isEqualTo(202);
      assertThat(next(server.notifications).path("method").asText())
          .isEqualTo("notifications/progress");
      client.post(response(asked.path("id"), ACCEPT));
      stream.result("{}");
      events.message();
    }
  }

  @Test
  void changedRootsAreSaidWhereRootsAreGranted() throws Exception {
    String changed = "{'jsonrpc':'2.0','method':'notifications/roots/list_changed'}";
    assertThat(LegacyClient.of(gateway, "reader", ALL).post(changed).statusCode()).isEqualTo(202);
    assertThat(server.notifications).isEmpty();

    assertThat(LegacyClient.of(gateway, "asked", ALL).post(changed).statusCode()).isEqualTo(202);
    assertThat(next(server.notifications).path("method").asText())
        .isEqualTo("notifications/roots/list_changed");
  }

  @Test
  void questionsThatWaitAreBounded() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asked", ALL);
    try (Events events = call(client, "1")) {
      LegacyServer.Stream stream = next(calls);
      for (int i = 0; i < 33; i++) {
        stream.message(question(String.valueOf(i), FORM));
      }
      assertThat(next(server.responses).path("id").asInt()).isEqualTo(32);
      assertThat(gateway.metrics()).contains("countersign_questions 32.0");
      for (int i = 0; i < 32; i++) {
        events.message();
      }
      stream.result("{}");
      events.message();
    }
  }

  private static final String PAGES =
      "{\"code\":-32042,\"message\":\"m\",\"data\":{\"elicitations\":[{\"mode\":\"url\",\"message\":\"m\","
          + "\"elicitationId\":\"e1\",\"url\":\"https://%s/\"}]}}";

  @ParameterizedTest
  @CsvSource({
    "asked, login.example, -32042",
    "asked, evil.example, 1038",
    "reader, login.example, 1038",
  })
  void callThatNeedsPagesSaysSoWhereEachIsGranted(String subject, String host, int code)
      throws Exception {
    server.handlers.put("tools/call", (seen, reply) -> reply.error(PAGES.formatted(host)));
    LegacyClient client = LegacyClient.of(gateway, subject, ALL);

    JsonNode error = client.ask("1", "tools/call", "{'name':'t'}").path("error");
    assertThat(error.path("code").asInt()).isEqualTo(code);
    assertThat(error.toString().contains("https://")).isEqualTo(code == -32042);
  }

  @Test
  void pageThatWasLeftIsToldToTheSessionThatWasSentThere() throws Exception {
    LegacyClient sent = LegacyClient.of(gateway, "asked", ALL);
    LegacyClient other = LegacyClient.of(gateway, "asked-too", ALL);
    LegacyServer.Handler before =
        server.handlers.put(
            "tools/call", (seen, reply) -> reply.error(PAGES.formatted("login.example")));
    sent.ask("1", "tools/call", "{'name':'t'}");
    assertThat(before).isNotNull();
    try (Events mine = sent.get(null);
        Events theirs = other.get(null)) {
      LegacyServer.Stream a = next(server.gets);
      LegacyServer.Stream b = next(server.gets);
      for (String id : List.of("e2", "e1")) {
        String left =
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/elicitation/complete\",\"params\":{\"elicitationId\":\""
                + id
                + "\"}}";
        a.message(left);
        b.message(left);
      }
      String changed = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}";
      a.message(changed);
      b.message(changed);
      assertThat(mine.message().path("params").path("elicitationId").asText()).isEqualTo("e1");
      assertThat(theirs.message().path("method").asText()).endsWith("list_changed");
      a.close();
      b.close();
    }
  }
}
