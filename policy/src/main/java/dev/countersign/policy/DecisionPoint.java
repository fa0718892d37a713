// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks an engine and makes a decision of what it says. Whatever is not a clear yes is not a permit:
 * a failure, no answer, a late one, one of the wrong shape, a word that is not in the contract.
 *
 * <p>Confined to one thread, like the evaluator behind it. An answer that has to be waited for
 * completes its future on another thread.
 */
public final class DecisionPoint {
  /** The rule that is named when a request is refused before any policy sees it. */
  public static final String MALFORMED_INPUT_RULE = "malformed-input";

  private static final int CALLER_CHARS_MAX = 2048;
  private static final int SERVER_CHARS_MAX = 64;
  private static final int TARGET_CHARS_MAX = 4096;

  private final Evaluator evaluator;
  private final String engine;
  private final String revision;
  private final Duration deadline;

  /**
   * @param evaluator this thread's way to the engine
   * @param engine the engine's name, for records
   * @param revision of policy and data, for records
   * @param deadline after which an answer that was waited for counts for nothing
   */
  public DecisionPoint(Evaluator evaluator, String engine, String revision, Duration deadline) {
    if (!deadline.isPositive()) {
      throw new IllegalArgumentException("a decision needs some time, found: " + deadline);
    }
    this.evaluator = evaluator;
    this.engine = engine;
    this.revision = revision;
    this.deadline = deadline;
  }

  /**
   * Decides; neither throws nor fails. A request whose names no pattern could be meant for (empty,
   * too long, with control characters) is refused before any policy sees it.
   */
  public CompletableFuture<Decision> decide(AccessRequest request) {
    String fault = fault(request);
    if (fault != null) {
      return CompletableFuture.completedFuture(
          new Refusal(engine, revision, MALFORMED_INPUT_RULE, List.of(fault)));
    }
    CompletableFuture<Verdict> answer = ask(request);
    if (answer.isDone()) {
      return answer.handle((verdict, failure) -> decision(request, verdict, failure));
    }
    return answer
        .copy()
        .orTimeout(deadline.toNanos(), TimeUnit.NANOSECONDS)
        .handle(
            (verdict, failure) -> {
              // After a time-out nobody waits for it any more; otherwise it is done already.
              answer.cancel(false);
              return decision(request, verdict, failure);
            });
  }

  private CompletableFuture<Verdict> ask(AccessRequest request) {
    try {
      CompletableFuture<Verdict> answer = evaluator.evaluate(request);
      return answer == null ? CompletableFuture.completedFuture(null) : answer;
    } catch (RuntimeException | Error e) {
      // An error, too: a stack that ran out or a class that is missing must not become a permit.
      return CompletableFuture.failedFuture(e);
    }
  }

  private static @Nullable String fault(AccessRequest request) {
    String server = request.server().name();
    if (!isName(request.caller().id(), CALLER_CHARS_MAX)) {
      return "the caller's id is empty, too long or has control characters";
    }
    if (!isName(server, SERVER_CHARS_MAX) || server.indexOf('/') >= 0 || server.indexOf(':') >= 0) {
      return "the server's name is empty, too long or has separators or control characters";
    }
    if (!isName(request.target().name(), TARGET_CHARS_MAX)) {
      return "the target's name is empty, too long or has control characters";
    }
    return null;
  }

  private static boolean isName(String text, int charsMax) {
    return !text.isEmpty() && text.length() <= charsMax && Texts.isPlain(text);
  }

  private Decision decision(
      AccessRequest request, @Nullable Verdict verdict, @Nullable Throwable failure) {
    if (failure != null) {
      return broken(failure);
    }
    try {
      return switch (verdict) {
        case null -> indeterminate(Indeterminate.Cause.UNDEFINED, "the engine said nothing");
        case Verdict.Unusable unusable -> indeterminate(unusable.cause(), unusable.detail());
        case Verdict.Answer answer -> decision(request, answer);
      };
    } catch (RuntimeException e) {
      return indeterminate(Indeterminate.Cause.MALFORMED, "the decision has parts missing");
    }
  }

  private Decision decision(AccessRequest request, Verdict.Answer answer) {
    String rule = answer.rule();
    List<String> reasons = List.copyOf(answer.reasons());
    Obligations obligations = answer.obligations();
    if (rule.isEmpty() || !isWhole(answer.decision(), obligations)) {
      return indeterminate(
          Indeterminate.Cause.MALFORMED, "the decision names no rule or contradicts itself");
    }
    return switch (answer.decision()) {
      case "allow" -> new Permit(request, answer, engine, revision);
      case "deny" -> new Refusal(engine, revision, rule, reasons);
      case "approve" -> new ApprovalNeeded(engine, revision, rule, reasons, obligations);
      case "step_up" ->
          new StepUpNeeded(engine, revision, rule, reasons, obligations.credentialScopes());
      default ->
          indeterminate(
              Indeterminate.Cause.MALFORMED,
              "the decision is an unknown word: " + Texts.quoted(answer.decision()));
    };
  }

  /** Whether a decision says what it takes to act on it, and nothing that speaks against it. */
  private static boolean isWhole(String decision, Obligations obligations) {
    return switch (decision) {
      case "allow" -> obligations.approval() == null;
      case "approve" -> obligations.approval() != null;
      case "step_up" -> !obligations.credentialScopes().isEmpty();
      default -> true;
    };
  }

  private Decision broken(Throwable failure) {
    Throwable cause = failure;
    if (failure instanceof CompletionException wrapped && wrapped.getCause() != null) {
      cause = wrapped.getCause();
    }
    return switch (cause) {
      case TimeoutException late ->
          indeterminate(
              Indeterminate.Cause.TIMEOUT, "no decision within " + deadline.toMillis() + " ms");
      case CancellationException cancelled ->
          indeterminate(Indeterminate.Cause.UNAVAILABLE, "the engine gave up");
      // Its message may hold what the engine was sent, or its credentials.
      default -> indeterminate(Indeterminate.Cause.ERROR, "the engine failed");
    };
  }

  private Decision indeterminate(Indeterminate.Cause cause, String detail) {
    return new Indeterminate(engine, revision, cause, detail);
  }
}
