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
import dev.countersign.gateway.rounds.RequestStates;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.OpenQuestion;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.identity.Caller;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.BiConsumer;
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
  /** The server's state, which is to come back with the answers, is good for a little longer. */
  private static final Duration TIME_MAX = RequestStates.LIFE.minusSeconds(30);

  private final Call call;
  private final Meters meters;
  private final Predicate<byte[]> client;
  private final Loop loop;
  private List<Waiting> round = List.of();
  private final Map<String, String> answers = new LinkedHashMap<>();
  private BiConsumer<String, Caller> answered = (answers, caller) -> {};
  private @Nullable Caller caller;
  private Consumer<RefusedException> failed = refusal -> {};
  private Loop.@Nullable Timer timer;
  private @Nullable Runnable sessionEnd;

  /**
   * @param client sends a message to the client; false when it is not there
   */
  BridgedQuestions(Call call, Meters meters, Predicate<byte[]> client) {
    this.call = call;
    this.meters = meters;
    this.client = client;
    this.loop = call.exchange().loop();
  }

  /**
   * Asks.
   *
   * @param requests the server's, by its names for them
   * @param from the call whose answer they came in, which knows what call each of them is
   * @param allAnswered told the answers, a JSON object, and who gave one last, when all are there
   * @param notAnswered told why there will not be all
   */
  void ask(
      JsonValue requests,
      Call from,
      BiConsumer<String, Caller> allAnswered,
      Consumer<RefusedException> notAnswered) {
    answers.clear();
    answered = allAnswered;
    failed = notAnswered;
    List<Waiting> asked = new ArrayList<>();
    for (JsonMember request : requests.members()) {
      String asking = Call.established(from.terms().questionCall(request.name()));
      asked.add(new Waiting(request.name(), request.value(), asking));
    }
    round = asked;
    BoundSession session = session();
    Runnable cut = () -> loop.execute(this::sessionEnded);
    sessionEnd = cut;
    session.onEnd(cut);
    Duration time = call.limits().call();
    timer =
        loop.after(
            time.compareTo(TIME_MAX) < 0 ? time : TIME_MAX, () -> giveUp("it took too long"));
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

  /** What waits is not answered. An answer that is being looked at settles its question itself. */
  private void giveUp(String why) {
    for (Waiting one : round) {
      if (one.takeBack(why)) {
        one.settle(null, "cancel");
      }
    }
  }

  private void sessionEnded() {
    if (open()) {
      withdraw("the session ended");
      failed.accept(RefusedException.of(Reason.SESSION_UNKNOWN));
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
      answered.accept(json.toString(), caller == null ? call.caller() : caller);
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
      this.id = new RpcId.Text("cs-" + asking);
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

    /**
     * The client's answer, let through. Any thread.
     *
     * @param result null when it is an error
     * @param from the client, as it has just proven to be
     */
    void take(@Nullable JsonValue result, Caller from) {
      loop.execute(
          () -> {
            caller = from;
            settle(
                result == null ? null : new String(result.raw(), StandardCharsets.UTF_8), "cancel");
          });
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
      // The answer came by take; without one there will be none.
      loop.execute(() -> settle(null, "cancel"));
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
