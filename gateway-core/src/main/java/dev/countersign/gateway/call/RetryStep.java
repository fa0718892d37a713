// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.input.InputRefusedException;
import dev.countersign.gateway.input.InputRules;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.JsonText;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.rounds.ParamsDigest;
import dev.countersign.gateway.rounds.RequestState;
import dev.countersign.gateway.rounds.RequestStates;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.policy.Trigger;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes up a modern request that comes again with answers: only its own caller, with the same
 * request, in time; only answers to what was asked. Answers that nobody asked for are left out, so
 * that the server asks for them properly.
 */
final class RetryStep {
  private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);
  private static final String ANSWERS = "inputResponses";
  private static final String STATE = "requestState";
  private static final String ROOTS = "roots/list";

  private final RequestStates states;
  private final WorkPool work;

  RetryStep(RequestStates states, WorkPool work) {
    this.states = states;
    this.work = work;
  }

  /** Completes, on the call's loop, when the call knows which round it is in. */
  CompletableFuture<Void> resume(Call call) {
    JsonValue params = call.modern() ? call.message().params() : null;
    if (params == null || (params.member(ANSWERS) == null && params.member(STATE) == null)) {
      return DONE;
    }
    JsonValue state = params.member(STATE);
    if (call.message().method() == McpMethod.TASKS_UPDATE) {
      return DONE;
    }
    if (state == null || !InputRequired.mayAnswer(call.message().method())) {
      call.edits().remove(params, Set.of(ANSWERS, STATE));
      return DONE;
    }
    if (state.kind() != JsonKind.STRING) {
      throw invalid();
    }
    return work.forNew(
            call.caller().key(),
            call.message().body().length,
            call.exchange().loop(),
            () -> ParamsDigest.of(params))
        .thenAccept(digest -> resume(call, params, state, digest));
  }

  private void resume(Call call, JsonValue params, JsonValue sealed, String digest) {
    RequestState state = states.open(sealed.text(), InputRequired.binding(call, digest));
    if (state == null) {
      throw invalid();
    }
    call.follows(new CallOrigin(Trigger.RETRY, state.round(), state.first()));
    JsonValue given = params.member(ANSWERS);
    InputRules rules = call.route().server().messages().input();
    String answers = answers(state.asked(), state.declined(), given, rules);
    Set<String> removed = new HashSet<>();
    if (answers.equals("{}")) {
      removed.add(ANSWERS);
    } else if (given == null) {
      byte[] member = ('"' + ANSWERS + "\":" + answers + ',').getBytes(StandardCharsets.UTF_8);
      call.edits().replace(params.start() + 1, params.start() + 1, member);
    } else {
      call.edits().replace(given.start(), given.end(), answers.getBytes(StandardCharsets.UTF_8));
    }
    String inner = state.inner();
    if (inner == null) {
      removed.add(STATE);
    } else {
      call.edits().replace(sealed.start(), sealed.end(), inner.getBytes(StandardCharsets.UTF_8));
    }
    call.edits().remove(params, removed);
  }

  /** The client's answers to what it was asked, and ours to what it was not asked, as JSON. */
  static String answers(
      List<RequestState.Asked> questions,
      List<RequestState.Declined> others,
      @Nullable JsonValue given,
      InputRules rules) {
    if (given != null && given.kind() != JsonKind.OBJECT) {
      throw RefusedException.of(Reason.PARAMS_INVALID, "params.inputResponses must be an object");
    }
    Map<String, JsonValue> byKey = new LinkedHashMap<>();
    if (given != null) {
      for (JsonMember member : given.members()) {
        byKey.put(member.name(), member.value());
      }
    }
    StringBuilder json = new StringBuilder();
    for (RequestState.Asked asked : questions) {
      JsonValue answer = byKey.get(asked.key());
      if (answer != null) {
        check(asked, answer, rules);
        add(json, asked.key(), new String(answer.raw(), StandardCharsets.UTF_8));
      }
    }
    for (RequestState.Declined declined : others) {
      add(
          json,
          declined.key(),
          declined.method().equals(ROOTS) ? "{\"roots\":[]}" : "{\"action\":\"decline\"}");
    }
    return "{" + json + "}";
  }

  private static void add(StringBuilder json, String key, String answer) {
    json.append(json.isEmpty() ? "" : ",").append(JsonText.quoted(key)).append(':').append(answer);
  }

  private static void check(RequestState.Asked asked, JsonValue answer, InputRules rules) {
    try {
      AnswerCheck.check(asked, answer, rules);
    } catch (InputRefusedException refused) {
      throw RefusedException.of(Reason.PARAMS_INVALID, "params.inputResponses: " + refused.why());
    }
  }

  private static RefusedException invalid() {
    return RefusedException.of(Reason.REQUEST_STATE_INVALID);
  }
}
