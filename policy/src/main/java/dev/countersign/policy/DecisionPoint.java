// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks an engine and makes a decision of what it says. Whatever is not a clear yes is not a permit:
 * a failure, no answer, a late answer, an answer of the wrong shape.
 *
 * <p>Confined to one thread, like the evaluator behind it.
 */
public final class DecisionPoint {
  private final Evaluator evaluator;
  private final String engine;
  private final String revision;
  private final Duration deadline;

  /**
   * @param deadline after which an answer counts for nothing
   */
  public DecisionPoint(Evaluator evaluator, String engine, String revision, Duration deadline) {
    this.evaluator = evaluator;
    this.engine = engine;
    this.revision = revision;
    this.deadline = deadline;
  }

  /** Decides; never fails. */
  public CompletableFuture<Decision> decide(AccessRequest request) {
    CompletableFuture<Verdict> answer;
    try {
      answer = evaluator.evaluate(request);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    if (!answer.isDone()) {
      answer = answer.copy().orTimeout(deadline.toNanos(), TimeUnit.NANOSECONDS);
    }
    return answer.handle(
        (verdict, failure) -> failure == null ? decision(request, verdict) : broken(failure));
  }

  private Decision decision(AccessRequest request, Verdict verdict) {
    return switch (verdict.outcome()) {
      case ALLOW -> new Permit(request, verdict, engine, revision);
      case DENY -> new Refusal(engine, revision, verdict.rule(), verdict.reasons());
      case APPROVE ->
          new ApprovalNeeded(
              engine, revision, verdict.rule(), verdict.reasons(), verdict.obligations());
      case STEP_UP ->
          new StepUpNeeded(engine, revision, verdict.rule(), verdict.reasons(), verdict.scopes());
    };
  }

  private Decision broken(Throwable failure) {
    Throwable cause = failure;
    if (failure instanceof CompletionException wrapped && wrapped.getCause() != null) {
      cause = wrapped.getCause();
    }
    return switch (cause) {
      case VerdictException refused -> indeterminate(refused.why(), refused.detail());
      case TimeoutException late -> indeterminate(Indeterminate.Cause.TIMEOUT, "no answer in time");
      default ->
          indeterminate(
              Indeterminate.Cause.ERROR, "the engine failed: " + cause.getClass().getSimpleName());
    };
  }

  private Decision indeterminate(Indeterminate.Cause cause, String detail) {
    return new Indeterminate(engine, revision, cause, detail);
  }
}
