// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.bridge.LegacyForm;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.input.InputQuestion;
import dev.countersign.gateway.input.InputRefusedException;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.mcp.JsonText;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.OpenQuestion;
import dev.countersign.gateway.telemetry.Meters;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a modern server needs of its client before it answers, asked of a legacy client one by one.
 * Each was decided and recorded when the server's answer was judged; each answer is a call of its
 * own. One that the client does not answer is declined in its name; a sampling cannot be, so
 * without it the request fails. Confined to the call's event loop, except where said.
 */
final class BridgedQuestions {
  private final Call call;
  private final CallIds ids;
  private final Meters meters;
  private final Predicate<byte[]> client;
  private final Loop loop;
  private List<Waiting> round = List.of();
  private final Map<String, String> answers = new LinkedHashMap<>();
  private Consumer<String> answered = answers -> {};
  private Consumer<RefusedException> failed = refusal -> {};
  private Loop.@Nullable Timer timer;
  private @Nullable Runnable sessionEnd;

  /**
   * @param client sends a message to the client; false when it is not there
   */
  BridgedQuestions(Call call, CallIds ids, Meters meters, Predicate<byte[]> client) {
    this.call = call;
    this.ids = ids;
    this.meters = meters;
    this.client = client;
    this.loop = call.exchange().loop();
  }

  /**
   * Asks.
   *
   * @param requests the server's, by its names for them
   * @param asking the call whose answer they came in
   * @param allAnswered told the answers, a JSON object, when all are there
   * @param notAnswered told why there will not be all
   */
  void ask(
      JsonValue requests,
      String asking,
      Consumer<String> allAnswered,
      Consumer<RefusedException> notAnswered) {
    answers.clear();
    answered = allAnswered;
    failed = notAnswered;
    List<Waiting> asked = new ArrayList<>();
    for (JsonMember request : requests.members()) {
      asked.add(new Waiting(request.name(), request.value(), asking));
    }
    round = asked;
    BoundSession session = session();
    Runnable cut = () -> loop.execute(() -> giveUp("the session ended"));
    sessionEnd = cut;
    session.onEnd(cut);
    timer = loop.after(call.limits().call(), () -> giveUp("it took too long"));
    // One that cannot be asked may end the round.
    for (Waiting waiting : asked) {
      if (round == asked) {
        waiting.ask(session);
      }
    }
  }

  private BoundSession session() {
    return Call.established(call.session());
  }

  /** Whether any waits. */
  boolean open() {
    return !round.isEmpty();
  }

  /** Takes back what waits; nobody is told any answers. */
  void withdraw(String why) {
    List<Waiting> waiting = round;
    over();
    waiting.forEach(one -> one.takeBack(why));
  }

  private void giveUp(String why) {
    for (Waiting one : round) {
      if (open() && one.takeBack(why)) {
        one.settle(null, "cancel");
      }
    }
  }

  private void over() {
    round = List.of();
    if (timer != null) {
      timer.cancel();
    }
    if (sessionEnd != null) {
      session().forget(sessionEnd);
    }
  }

  private void settled(String key, String answer) {
    answers.put(key, answer);
    if (answers.size() == round.size()) {
      over();
      StringJoiner json = new StringJoiner(",", "{", "}");
      answers.forEach((name, value) -> json.add(JsonText.quoted(name) + ":" + value));
      answered.accept(json.toString());
    }
  }

  /** One question that waits for the client. */
  final class Waiting implements OpenQuestion.Asker {
    private final String key;
    private final McpMethod method;
    private final @Nullable JsonValue params;
    private final String asking;
    private final RpcId.Text id;

    private Waiting(String key, JsonValue request, String asking) {
      JsonValue named = request.member("method");
      this.key = key;
      this.method = Call.established(named == null ? null : McpMethod.ofServer(named.text()));
      this.params = request.member("params");
      this.asking = asking;
      this.id = new RpcId.Text("cs-" + ids.next());
    }

    private void ask(BoundSession session) {
      InputQuestion question;
      try {
        question =
            InputQuestion.of(method.wire(), params, call.route().server().messages().input());
      } catch (InputRefusedException refused) {
        throw new IllegalStateException("a question that was let through is none", refused);
      }
      OpenQuestion open = new OpenQuestion(id, new RpcId.Text(key), question, asking, null, this);
      if (!session.questions().add(open, call.limits().perSession().questionsMax())) {
        meters.serverRequestRefused();
        settle(null, "decline");
      } else if (!client.test(LegacyForm.question(id, method, params))) {
        session.questions().take(id);
        settle(null, "cancel");
      } else {
        meters.serverRequestAsked();
      }
    }

    /** False when it waits no longer. */
    private boolean takeBack(String why) {
      boolean waited = session().questions().take(id) != null;
      if (waited) {
        var unused = client.test(LegacyForm.takenBack(id, why));
      }
      return waited;
    }

    /** The client's answer, let through; null when it is an error. Any thread. */
    void take(@Nullable JsonValue result) {
      loop.execute(
          () ->
              settle(
                  result == null ? null : new String(result.raw(), StandardCharsets.UTF_8),
                  "cancel"));
    }

    private void settle(@Nullable String answer, String otherwise) {
      if (!round.contains(this) || answers.containsKey(key)) {
        return;
      }
      if (answer != null) {
        settled(key, answer);
        return;
      }
      switch (method) {
        case ROOTS -> settled(key, "{\"roots\":[]}");
        case ELICITATION -> settled(key, "{\"action\":\"" + otherwise + "\"}");
        default -> {
          withdraw("its request failed");
          failed.accept(
              RefusedException.of(
                  Reason.INPUT_REQUEST_REFUSED, "the client did not give the server a sampling"));
        }
      }
    }

    @Override
    public void answered() {
      // The answer came by take.
    }

    @Override
    public void unanswered(String why) {
      loop.execute(
          () -> {
            meters.serverRequestRefused();
            settle(null, "decline");
          });
    }

    @Override
    public void waitsOn() {
      // Nothing has to be sent to a server for it.
    }
  }
}
