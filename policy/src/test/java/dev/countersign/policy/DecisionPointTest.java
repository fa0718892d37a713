// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DecisionPointTest {
  private static final AccessRequest REQUEST = Requests.tool("oidc:a:b", "files", "read");
  private static final Obligations APPROVAL =
      new Obligations(
          List.of(),
          null,
          new Obligations.Approval(List.of("sec"), 1, Duration.ofMinutes(1)),
          List.of(),
          Map.of(),
          null);

  private static Decision decide(Evaluator evaluator) {
    return new DecisionPoint(evaluator, "fake", "rev", Duration.ofMillis(50))
        .decide(REQUEST)
        .join();
  }

  private static Decision decide(String word, Obligations obligations) {
    return decide(
        request ->
            CompletableFuture.completedFuture(
                new Verdict.Answer(word, "the-rule", List.of("why"), obligations)));
  }

  @Test
  void allowIsAPermitForExactlyWhatWasAsked() {
    assertThat(decide("allow", Obligations.NONE))
        .isInstanceOfSatisfying(
            Permit.class,
            permit -> {
              assertThat(permit.callId()).isEqualTo("call-1");
              assertThat(permit.callerId()).isEqualTo("oidc:a:b");
              assertThat(permit.serverName()).isEqualTo("files");
              assertThat(permit.targetKind()).isEqualTo(TargetKind.TOOL);
              assertThat(permit.targetName()).isEqualTo("read");
              assertThat(permit.rule()).isEqualTo("the-rule");
              assertThat(permit.revision()).isEqualTo("rev");
              assertThat(permit.durability()).isEqualTo(Durability.BEFORE_FORWARD);
            });
  }

  @Test
  void otherWordsAreTheirOwnDecisions() {
    Obligations scopes =
        new Obligations(List.of("files:write"), null, null, List.of(), Map.of(), null);
    assertThat(decide("deny", Obligations.NONE)).isInstanceOf(Refusal.class);
    assertThat(decide("approve", APPROVAL)).isInstanceOf(ApprovalNeeded.class);
    assertThat(decide("step_up", scopes))
        .isInstanceOfSatisfying(
            StepUpNeeded.class,
            needed -> assertThat(needed.scopes()).containsExactly("files:write"));
  }

  static Stream<Arguments> contradictions() {
    return Stream.of(
        Arguments.of("ALLOW", Obligations.NONE),
        Arguments.of("true", Obligations.NONE),
        Arguments.of("", Obligations.NONE),
        Arguments.of("allow", APPROVAL),
        Arguments.of("approve", Obligations.NONE),
        Arguments.of("step_up", Obligations.NONE));
  }

  @ParameterizedTest
  @MethodSource("contradictions")
  void whatContradictsItselfIsNoDecision(String word, Obligations obligations) {
    assertCause(decide(word, obligations), Indeterminate.Cause.MALFORMED);
  }

  static Stream<Arguments> failures() {
    Evaluator throwing =
        request -> {
          throw new IllegalStateException("secret");
        };
    Evaluator overflowing =
        request -> {
          throw new StackOverflowError();
        };
    Evaluator failing = request -> CompletableFuture.failedFuture(new Exception("secret"));
    Evaluator silent = request -> CompletableFuture.completedFuture(null);
    Evaluator late = request -> new CompletableFuture<>();
    Evaluator gaveUp =
        request -> {
          CompletableFuture<Verdict> cancelled = new CompletableFuture<>();
          cancelled.cancel(false);
          return cancelled;
        };
    return Stream.of(
        Arguments.of(Indeterminate.Cause.ERROR, throwing),
        Arguments.of(Indeterminate.Cause.ERROR, overflowing),
        Arguments.of(Indeterminate.Cause.ERROR, failing),
        Arguments.of(Indeterminate.Cause.UNDEFINED, silent),
        Arguments.of(Indeterminate.Cause.TIMEOUT, late),
        Arguments.of(Indeterminate.Cause.UNAVAILABLE, gaveUp));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("failures")
  void engineThatFailsGivesNoPermitAndNothingAway(Indeterminate.Cause cause, Evaluator evaluator) {
    Decision decision = decide(evaluator);

    assertCause(decision, cause);
    assertThat(decision.toString()).doesNotContain("secret");
  }

  @Test
  void answerAfterTheDeadlineCountsForNothing() {
    CompletableFuture<Verdict> answer = new CompletableFuture<>();

    assertCause(decide(request -> answer), Indeterminate.Cause.TIMEOUT);
    assertThat(answer).isCancelled();
  }

  @Test
  void answerOfAnotherThreadIsTaken() {
    Decision decision =
        new DecisionPoint(
                request ->
                    CompletableFuture.supplyAsync(
                        () -> new Verdict.Answer("allow", "r", List.of(), Obligations.NONE)),
                "fake",
                "rev",
                Duration.ofSeconds(20))
            .decide(REQUEST)
            .join();

    assertThat(decision).isInstanceOf(Permit.class);
  }

  static Stream<AccessRequest> unfit() {
    return Stream.of(
        Requests.tool("", "files", "read"),
        Requests.tool("a\u0000", "files", "read"),
        Requests.tool("a".repeat(2049), "files", "read"),
        Requests.tool("a", "", "read"),
        Requests.tool("a", "fi/les", "read"),
        Requests.tool("a", "fi:les", "read"),
        Requests.tool("a", "f".repeat(65), "read"),
        Requests.tool("a", "files", ""),
        Requests.tool("a", "files", "re\nad"),
        Requests.tool("a", "files", "r".repeat(4097)));
  }

  @ParameterizedTest
  @MethodSource("unfit")
  void namesThatNoPatternCouldMeanAreRefusedBeforeAnyPolicy(AccessRequest request) {
    Evaluator never =
        asked -> {
          throw new AssertionError("the policy was asked");
        };

    Decision decision =
        new DecisionPoint(never, "fake", "rev", Duration.ofSeconds(1)).decide(request).join();

    assertThat(decision).isInstanceOf(Refusal.class);
    assertThat(decision.rule()).isEqualTo(DecisionPoint.MALFORMED_INPUT_RULE);
  }

  @Test
  void deadlineMustLeaveSomeTime() {
    assertThatThrownBy(
            () ->
                new DecisionPoint(
                    request -> new CompletableFuture<>(), "fake", "rev", Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void assertCause(Decision decision, Indeterminate.Cause cause) {
    assertThat(decision)
        .isInstanceOfSatisfying(
            Indeterminate.class, found -> assertThat(found.cause()).isEqualTo(cause));
  }
}
