// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.styra.opa.wasm.OpaPolicy;
import dev.countersign.policy.ApprovalNeeded;
import dev.countersign.policy.Decision;
import dev.countersign.policy.DecisionPoint;
import dev.countersign.policy.Grants;
import dev.countersign.policy.Indeterminate;
import dev.countersign.policy.Permit;
import dev.countersign.policy.PolicyModule;
import dev.countersign.policy.Refusal;
import dev.countersign.policy.StepUpNeeded;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CorpusTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @MethodSource("dev.countersign.policy.opa.Corpus#all")
  void decidesAsTheCorpusSays(Corpus corpus) {
    WasmEngine engine = WasmEngine.shipped(corpus.grants());
    DecisionPoint point =
        new DecisionPoint(
            engine.newEvaluator(), engine.name(), engine.revision(), Duration.ofSeconds(1));
    for (Corpus.Ask ask : corpus.asks()) {
      Decision decision = point.decide(ask.request()).join();
      assertThat(word(decision)).as("%s", ask).isEqualTo(ask.decision());
      assertThat(decision.rule()).as("%s", ask).isEqualTo(ask.rule());
      assertThat(decision.reasons()).as("%s", ask).isNotEmpty();
      if (ask.expected().has("durable") && decision instanceof Permit permit) {
        assertThat(permit.durability().name().toLowerCase(Locale.ROOT))
            .as("%s", ask)
            .isEqualTo(ask.expected().path("durable").textValue());
      }
      if (decision instanceof ApprovalNeeded needed) {
        assertThat(JSON.valueToTree(needed.approval().groups()).toString())
            .as("%s", ask)
            .isEqualTo(ask.expected().path("groups").toString());
        assertThat(needed.approval().quorum()).isEqualTo(1);
        assertThat(needed.approval().ttl()).isEqualTo(Duration.ofMinutes(10));
      }
    }
  }

  private static String word(Decision decision) {
    return switch (decision) {
      case Permit permit -> "allow";
      case Refusal refusal -> "deny";
      case ApprovalNeeded needed -> "approve";
      case StepUpNeeded needed -> "step_up";
      case Indeterminate indeterminate -> "indeterminate: " + indeterminate.detail();
    };
  }

  /** The SDK's own wrapper, which compiles the module for itself. */
  private static final class Sdk {
    static final OpaPolicy POLICY =
        OpaPolicy.builder().withPolicy(PolicyModule.shipped().bytes()).build();
  }

  @ParameterizedTest
  @MethodSource("dev.countersign.policy.opa.Corpus#all")
  void answersWhatTheSdkAnswers(Corpus corpus) throws Exception {
    OpaPolicy sdk =
        Sdk.POLICY.data(new String(Grants.data(corpus.grants()), StandardCharsets.UTF_8));
    OpaInstance ours = WasmEngine.shipped(corpus.grants()).newInstance();
    for (Corpus.Ask ask : corpus.asks()) {
      byte[] input = ask.input();
      JsonNode answered = JSON.readTree(ours.evaluate(input, input.length));
      JsonNode due = JSON.readTree(sdk.evaluate(new String(input, StandardCharsets.UTF_8)));
      assertThat(answered).as("%s", ask).isEqualTo(due);
    }
  }

  /** Compares with OPA itself; {@code -Dcountersign.opa} names its program. */
  @Tag("opa")
  @ParameterizedTest
  @MethodSource("dev.countersign.policy.opa.Corpus#all")
  void answersWhatOpaAnswers(Corpus corpus, @TempDir Path folder) throws Exception {
    Path data = Files.write(folder.resolve("data.json"), Grants.data(corpus.grants()));
    StringBuilder inputs = new StringBuilder("[");
    for (Corpus.Ask ask : corpus.asks()) {
      inputs
          .append(inputs.length() > 1 ? "," : "")
          .append(new String(ask.input(), StandardCharsets.UTF_8));
    }
    Path input = Files.writeString(folder.resolve("input.json"), inputs.append("]"));
    JsonNode answers = opa(data, input);
    OpaInstance ours = WasmEngine.shipped(corpus.grants()).newInstance();
    assertThat(answers).hasSize(corpus.asks().size());
    for (int i = 0; i < answers.size(); i++) {
      byte[] ask = corpus.asks().get(i).input();
      JsonNode answered = JSON.readTree(ours.evaluate(ask, ask.length));
      assertThat(answered.path(0).path("result"))
          .as("%s", corpus.asks().get(i))
          .isEqualTo(answers.get(i));
    }
  }

  private static JsonNode opa(Path data, Path input) throws Exception {
    Path output = input.resolveSibling("output.json");
    Process opa =
        new ProcessBuilder(
                List.of(
                    System.getProperty("countersign.opa"),
                    "eval",
                    "--format=raw",
                    "--data=src/main/rego/countersign/decision.rego",
                    "--data=src/main/rego/countersign/patterns.rego",
                    "--data=" + data,
                    "--input=" + input,
                    "[d | some one in input; d := data.countersign.decision with input as one]"))
            .redirectOutput(output.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(opa.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(opa.exitValue()).isZero();
    return JSON.readTree(output.toFile());
  }

  @Test
  void corpusIsNotEmpty() {
    assertThat(Corpus.all().mapToInt(corpus -> corpus.asks().size()).sum()).isGreaterThan(100);
  }
}
