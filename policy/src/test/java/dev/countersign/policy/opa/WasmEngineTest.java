// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Decision;
import dev.countersign.policy.DecisionPoint;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Evaluator;
import dev.countersign.policy.Grant;
import dev.countersign.policy.Indeterminate;
import dev.countersign.policy.Permit;
import dev.countersign.policy.PolicyModule;
import dev.countersign.policy.Refusal;
import dev.countersign.policy.Requests;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WasmEngineTest {
  private static final byte[] NO_DATA = "{}".getBytes(StandardCharsets.UTF_8);

  /** Compiled once: its source is src/test/rego/odd. */
  private static final class Odd {
    static final WasmEngine ENGINE = WasmEngine.of(PolicyModule.of(module("odd")), NO_DATA, 64);
  }

  private static byte[] module(String name) {
    try (InputStream in = WasmEngineTest.class.getResourceAsStream("/modules/" + name + ".wasm")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DecisionPoint point(WasmEngine engine) {
    return new DecisionPoint(
        engine.newEvaluator(), engine.name(), engine.revision(), Duration.ofSeconds(1));
  }

  private static AccessRequest echo(String decision) {
    return Requests.with(
        "caller",
        "files",
        TargetKind.TOOL,
        "echo",
        null,
        Trigger.REQUEST,
        ("{\"decision\":" + decision + "}").getBytes(StandardCharsets.UTF_8));
  }

  private static Grant grant(String name, List<String> allow) {
    return new Grant(
        name, List.of("oidc:a:*"), allow, List.of(), List.of(), List.of(), Set.<Effect>of(), -1);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "nothing-is-defined-for-this, UNDEFINED",
    "text, MALFORMED",
    "memory, ERROR",
    "conflict, ERROR"
  })
  void policyThatGoesWrongPermitsNothingAndTheNextRequestIsServed(
      String target, Indeterminate.Cause cause) {
    DecisionPoint point = point(Odd.ENGINE);

    Decision wrong = point.decide(Requests.tool("caller", "files", target)).join();
    Decision next =
        point.decide(echo("{\"decision\":\"allow\",\"rule\":\"r\",\"reasons\":[]}")).join();

    assertThat(wrong)
        .isInstanceOfSatisfying(
            Indeterminate.class, found -> assertThat(found.cause()).isEqualTo(cause));
    assertThat(next).isInstanceOf(Permit.class);
  }

  @Test
  void policyThatNeedsItsHostIsRefusedByName() {
    assertThatThrownBy(() -> WasmEngine.of(PolicyModule.of(module("host")), NO_DATA, 64))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("http.send")
        .hasMessageContaining("time.now_ns");
  }

  @Test
  void codeThatHasBeenHotIsWarmSooner() {
    Duration enough = Duration.ofSeconds(20);
    WasmEngine first = WasmEngine.of(PolicyModule.of(module("odd")), NO_DATA, 64);
    assertThat(first.warm(10, enough)).isEqualTo(10);
    assertThat(first.warm(10, enough)).isEqualTo(2);
    assertThat(first.warm(20, enough)).isEqualTo(8);

    WasmEngine.shipped(List.of()).warm(10, enough);
    assertThat(WasmEngine.shipped(List.of(grant("a", List.of("files/*")))).warm(10, enough))
        .isEqualTo(2);
  }

  @Test
  void shippedPolicyKeepsAnswersForAllThatItReadsAndNoLonger() {
    WasmEngine engine = WasmEngine.shipped(List.of(grant("a", List.of("files/read"))));
    DecisionPoint point = point(engine);
    AccessRequest granted = Requests.tool("oidc:a:b", "files", "read");
    for (int i = 0; i < 2; i++) {
      assertThat(point.decide(granted).join()).isInstanceOf(Permit.class);
      assertThat(point.decide(Requests.tool("oidc:b:b", "files", "read")).join())
          .isInstanceOf(Refusal.class);
      assertThat(point.decide(Requests.tool("oidc:a:b", "file", "read")).join())
          .isInstanceOf(Refusal.class);
      assertThat(point.decide(Requests.tool("oidc:a:b", "files", "write")).join())
          .isInstanceOf(Refusal.class);
      assertThat(point.decide(resource("oidc:a:b", "files", "read")).join())
          .isInstanceOf(Refusal.class);
    }
    assertThat(engine.answersKept()).isEqualTo(5);

    WasmEngine next = WasmEngine.shipped(List.of(grant("a", List.of("files/other"))));
    assertThat(point(next).decide(granted).join()).isInstanceOf(Refusal.class);
  }

  @Test
  void permitByAKeptAnswerIsForItsOwnCall() {
    WasmEngine engine = WasmEngine.shipped(List.of(grant("a", List.of("files/*"))));
    DecisionPoint point = point(engine);
    for (String call : List.of("call-1", "call-2")) {
      assertThat(point.decide(ofCall(call, Requests.tool("oidc:a:b", "files", "read"))).join())
          .isInstanceOfSatisfying(
              Permit.class, permit -> assertThat(permit.callId()).isEqualTo(call));
    }
    assertThat(engine.answersKept()).isEqualTo(1);
  }

  @Test
  void operatorsOwnPolicyIsAskedEveryTime() {
    DecisionPoint point = point(Odd.ENGINE);
    point.decide(echo("{\"decision\":\"allow\",\"rule\":\"r\",\"reasons\":[]}")).join();
    assertThat(Odd.ENGINE.answersKept()).isZero();
  }

  private static AccessRequest ofCall(String id, AccessRequest request) {
    return new AccessRequest(
        new AccessRequest.Call(id, "tools/call", "2026-07-28", Trigger.REQUEST, 0, null),
        request.caller(),
        request.session(),
        request.task(),
        request.server(),
        request.target(),
        request.arguments(),
        request.context());
  }

  private static AccessRequest resource(String caller, String server, String name) {
    return Requests.with(caller, server, TargetKind.RESOURCE, name, null, Trigger.REQUEST, null);
  }

  @Test
  void whatIsNoModuleIsRefused() {
    assertThatThrownBy(() -> WasmEngine.of(PolicyModule.of(new byte[] {1, 2, 3}), NO_DATA, 64))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] cut = Arrays.copyOf(module("odd"), 5000);
    assertThatThrownBy(() -> WasmEngine.of(PolicyModule.of(cut), NO_DATA, 64))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void dataThatIsNotJsonIsRefused() {
    byte[] data = "{".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> WasmEngine.of(PolicyModule.of(module("odd")), data, 64))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void evaluatorServesTheFirstThreadThatAskedAndNoOther() {
    Evaluator evaluator = WasmEngine.shipped(List.of()).newEvaluator();
    AccessRequest request = Requests.tool("oidc:a:b", "files", "read");
    evaluator.evaluate(request).join();

    assertThatThrownBy(() -> CompletableFuture.runAsync(() -> evaluator.evaluate(request)).join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void revisionNamesPolicyAndGrants() {
    List<Grant> grants = List.of(grant("a", List.of("files/*")));
    assertThat(WasmEngine.shipped(grants).revision())
        .isEqualTo(WasmEngine.shipped(grants).revision())
        .isNotEqualTo(WasmEngine.shipped(List.of()).revision())
        .matches("[0-9a-f]{16}");
  }

  /** What one evaluation leaves behind must not add up. */
  @Test
  void memoryDoesNotGrowOverManyEvaluations() {
    OpaInstance instance =
        WasmEngine.shipped(List.of(grant("a", List.of("files/*")))).newInstance();
    byte[] input =
        "{\"caller\":{\"id\":\"oidc:a:b\"},\"server\":{\"name\":\"files\"},\"target\":{\"kind\":\"tool\",\"name\":\"x\"}}"
            .getBytes(StandardCharsets.UTF_8);
    instance.evaluate(input, input.length);
    int pages = instance.pages();

    for (int i = 0; i < 5_000; i++) {
      instance.evaluate(input, input.length);
    }

    assertThat(instance.pages()).isEqualTo(pages);
  }
}
