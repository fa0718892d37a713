// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.input.InputQuestion;
import dev.countersign.gateway.input.InputRefusedException;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.rounds.ParamsDigest;
import dev.countersign.gateway.rounds.RequestState;
import dev.countersign.gateway.rounds.RequestStates;
import dev.countersign.gateway.seal.Binding;
import dev.countersign.gateway.work.WorkPool;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * What becomes of a modern server's answer that it needs input first (MCP 2026-07-28, "Multi Round
 * Trip Requests"): what the client may not be asked is taken out, what it is asked is remembered in
 * a state that only it can bring back, with this same request.
 */
final class InputRequired {
  /** Requests may be asked again so often; a server that still asks is not going to answer. */
  static final int ROUNDS_MAX = 16;

  private static final int QUESTIONS_MAX = 16;
  private static final int KEY_CHARS_MAX = 128;
  private static final Set<McpMethod> MAY_ASK =
      Set.of(McpMethod.TOOLS_CALL, McpMethod.PROMPTS_GET, McpMethod.RESOURCES_READ);

  private final InputDecision questions;
  private final RequestStates states;
  private final WorkPool work;

  InputRequired(InputDecision questions, RequestStates states, WorkPool work) {
    this.questions = questions;
    this.states = states;
    this.work = work;
  }

  /** Whether a request may be answered so. */
  static boolean mayAnswer(McpMethod method) {
    return MAY_ASK.contains(method);
  }

  /** To whom, and to which request, a state belongs. */
  static Binding binding(Call call, String paramsDigest) {
    return Binding.of(
        call.caller().key(),
        call.route().path(),
        call.route().server().name(),
        call.message().method().wire(),
        String.valueOf(call.message().targetName()),
        paramsDigest);
  }

  /**
   * The answer as the client gets it.
   *
   * @throws RefusedException, or completes with one, when it gets none
   */
  CompletableFuture<byte[]> judge(Call call, byte[] bytes, JsonValue result) {
    if (!mayAnswer(call.message().method())) {
      throw ResultStep.badReply("a request for input in the answer to " + call.message().method());
    }
    JsonValue requests = result.member("inputRequests");
    JsonValue inner = result.member("requestState");
    if ((requests == null && inner == null)
        || (inner != null && inner.kind() != JsonKind.STRING)
        || call.origin().round() >= ROUNDS_MAX) {
      throw ResultStep.badReply("a request for input that is malformed, or one too many");
    }
    BodyEdit edit = new BodyEdit(bytes);
    CompletableFuture<Decided> decided =
        requests == null
            ? CompletableFuture.completedFuture(new Decided(List.of(), List.of()))
            : decide(call, requests, edit);
    JsonValue params = call.message().params();
    return decided.thenCompose(
        known ->
            work.forUnderWay(
                    call.caller().key(),
                    call.message().body().length,
                    call.exchange().loop(),
                    () -> ParamsDigest.of(params))
                .thenApply(digest -> answer(call, result, edit, known, digest)));
  }

  /**
   * What became of a server's requests for input.
   *
   * @param asked what the client is asked
   * @param declined what it may not be asked
   */
  record Decided(List<RequestState.Asked> asked, List<RequestState.Declined> declined) {
    /** The server's names for what the client is not asked. */
    Set<String> unasked() {
      return declined.stream().map(RequestState.Declined::key).collect(Collectors.toSet());
    }
  }

  /**
   * Decides each of a server's requests for input.
   *
   * @param edit of the message that they are in; what is asked for is cut down to the bounds
   * @return fails with a refusal when one can be neither asked nor declined
   * @throws RefusedException when they are not well formed
   */
  CompletableFuture<Decided> decide(Call call, JsonValue requests, BodyEdit edit) {
    if (requests.kind() != JsonKind.OBJECT || requests.size() > QUESTIONS_MAX) {
      throw ResultStep.badReply("requests for input that are malformed, or too many");
    }
    Decided decided = new Decided(new ArrayList<>(), new ArrayList<>());
    return CompletableFuture.allOf(
            requests.members().stream()
                .map(request -> decide(call, request, edit, decided))
                .toArray(CompletableFuture[]::new))
        .thenApply(all -> decided);
  }

  private CompletableFuture<?> decide(
      Call call, JsonMember request, BodyEdit edit, Decided decided) {
    JsonValue named = request.value().member("method");
    McpMethod method =
        named != null && named.kind() == JsonKind.STRING ? McpMethod.ofServer(named.text()) : null;
    if (method == null || request.name().isEmpty() || request.name().length() > KEY_CHARS_MAX) {
      throw ResultStep.badReply("a request for input of an unknown kind");
    }
    JsonValue params = request.value().member("params");
    InputQuestion question;
    try {
      question = InputQuestion.of(method.wire(), params, call.route().server().messages().input());
    } catch (InputRefusedException refused) {
      return questions.refuse(call, method).thenRun(() -> decline(request.name(), method, decided));
    }
    return questions
        .mayAsk(call, method, question)
        .thenAccept(
            asked -> {
              if (asked.isPresent()) {
                question.cut(edit);
                call.terms().asked(request.name(), asked.get());
                decided
                    .asked()
                    .add(
                        new RequestState.Asked(
                            request.name(), method.wire(), AnswerCheck.params(question, params)));
              } else {
                decline(request.name(), method, decided);
              }
            });
  }

  /** There are no words to decline a sampling in, so the whole call is refused. */
  private static void decline(String key, McpMethod method, Decided decided) {
    if (method == McpMethod.SAMPLING) {
      throw RefusedException.of(Reason.INPUT_REQUEST_REFUSED);
    }
    decided.declined().add(new RequestState.Declined(key, method.wire()));
  }

  private byte[] answer(
      Call call, JsonValue result, BodyEdit edit, Decided decided, String paramsDigest) {
    JsonValue inner = result.member("requestState");
    String innerText = inner == null ? null : new String(inner.raw(), StandardCharsets.UTF_8);
    String first = call.firstId();
    String sealed =
        states.seal(
            new RequestState(
                first, call.origin().round() + 1, decided.asked(), decided.declined(), innerText),
            binding(call, paramsDigest));
    if (sealed == null) {
      throw ResultStep.badReply("a request for input that is too large to be remembered");
    }
    JsonValue requests = result.member("inputRequests");
    Set<String> removed = new HashSet<>(Set.of("ttlMs", "cacheScope"));
    if (decided.asked().isEmpty()) {
      removed.add("inputRequests");
    } else if (requests != null) {
      edit.remove(requests, decided.unasked());
    }
    String state = '"' + sealed + '"';
    if (inner == null) {
      byte[] member = (",\"requestState\":" + state).getBytes(StandardCharsets.US_ASCII);
      edit.replace(result.end() - 1, result.end() - 1, member);
    } else {
      edit.replace(inner.start(), inner.end(), state.getBytes(StandardCharsets.US_ASCII));
    }
    return edit.remove(result, removed).bytes();
  }
}
