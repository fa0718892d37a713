// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.policy.opa.WasmEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code docs/policy-input.md} says what the code does. */
final class PolicyContractTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIME_MAX = Duration.ofSeconds(2);
  private static final AccessRequest FULL =
      new AccessRequest(
          new AccessRequest.Call(
              "019ab3c1-7e55-7c11-9d5c-0e3c53a1d2f4",
              "tools/call",
              "2026-07-28",
              Trigger.REQUEST,
              0,
              "019ab3c1-7e50-7a02-8f43-5a6e1d0b9c77"),
          new AccessRequest.Caller(
              "oidc:idp:research",
              "oidc",
              "https://idp.example/realms/agents",
              "research",
              "research-client",
              "example.org",
              "bearer",
              List.of("mcp", "files"),
              "alice",
              List.of("spiffe://example.org/agent/planner")),
          new AccessRequest.Session("s-5f1c", 12, 17),
          new AccessRequest.Task("t-42", "summarise the incident", "agent-declared"),
          new AccessRequest.Server("github", "https://mcp.github.example/mcp", "prod"),
          new AccessRequest.Target(
              TargetKind.TOOL,
              "create_issue",
              true,
              "sha256:9f86d081884c7d65",
              Effect.WRITE,
              Map.of("owner", "platform")),
          arguments("{\"arguments\":", "{\"repo\":\"countersign\",\"title\":\"Doors\"}", "}"),
          context("10.0.0.7"));
  private static final AccessRequest MINIMAL =
      new AccessRequest(
          new AccessRequest.Call("call-1", "tools/list", "2025-11-25", Trigger.REQUEST, 0, null),
          new AccessRequest.Caller(
              "oidc:idp:research",
              "oidc",
              "https://idp.example/realms/agents",
              "research",
              null,
              null,
              "bearer",
              List.of(),
              null,
              List.of()),
          new AccessRequest.Session(null, -1, -1),
          null,
          new AccessRequest.Server("github", "https://mcp.github.example/mcp", null),
          new AccessRequest.Target(TargetKind.SERVER, "github", false, null, null, Map.of()),
          null,
          context(null));
  private static final List<Grant> GRANTS =
      List.of(
          grant(
              "readers",
              "oidc:idp:*",
              List.of("files/read_*"),
              List.of(),
              List.of(),
              List.of(),
              Set.of(Effect.READ)),
          grant(
              "issues",
              "oidc:idp:alice",
              List.of(),
              List.of("github/create_*"),
              List.of(),
              List.of("group:sec"),
              Set.of()),
          grant(
              "no-secrets",
              "**",
              List.of(),
              List.of(),
              List.of("resource:files/**secret**"),
              List.of(),
              Set.of()));

  private final String page;

  PolicyContractTest() throws IOException {
    page = Files.readString(Path.of("..", "docs", "policy-input.md"));
  }

  private static AccessRequest.Context context(@Nullable String source) {
    return new AccessRequest.Context(
        Instant.parse("2026-11-26T09:30:00Z"), source, "gw-1", "5e884898da28");
  }

  private static Grant grant(
      String name,
      String caller,
      List<String> allow,
      List<String> approve,
      List<String> deny,
      List<String> approvers,
      Set<Effect> effects) {
    return new Grant(name, List.of(caller), allow, approve, deny, approvers, effects, -1);
  }

  @Test
  void documentedInputsAreWhatIsWritten() throws IOException {
    InputWriter writer = new InputWriter(1 << 20);

    writer.full(FULL);
    assertThat(written(writer)).isEqualTo(document("input-full").toString());
    writer.full(MINIMAL);
    assertThat(written(writer)).isEqualTo(document("input-minimal").toString());
    writer.lean(FULL);
    assertThat(written(writer)).isEqualTo(document("input-lean").toString());
  }

  private static String written(InputWriter writer) {
    return new String(writer.bytes(), 0, writer.length(), StandardCharsets.UTF_8);
  }

  @Test
  void everyFieldOfTheInputIsInTheTable() throws IOException {
    JsonNode input = document("input-full");
    for (Map.Entry<String, JsonNode> part : input.properties()) {
      if (!part.getValue().isObject() || part.getKey().equals("arguments")) {
        assertThat(page).contains("`" + part.getKey() + "`");
      } else {
        for (Map.Entry<String, JsonNode> field : part.getValue().properties()) {
          assertThat(page).contains("`" + part.getKey() + "." + field.getKey() + "`");
        }
      }
    }
  }

  static Stream<Arguments> decisions() {
    return Stream.of(
        Arguments.of("allow", Permit.class),
        Arguments.of("deny", Refusal.class),
        Arguments.of("approve", ApprovalNeeded.class),
        Arguments.of("step_up", StepUpNeeded.class));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("decisions")
  void documentedDecisionIsTakenForWhatItSays(String word, Class<?> kind) throws IOException {
    JsonNode document = document("decision-" + word);
    assertThat(document.path("decision").asText()).isEqualTo(word);

    Decision decision = decided(document);

    assertThat(decision).isInstanceOf(kind);
    assertThat(decision.rule()).isEqualTo(document.path("rule").asText());
  }

  @Test
  void documentedObligationsAreAllUnderstood() throws IOException {
    assertThat(decided(document("decision-allow")))
        .isInstanceOfSatisfying(
            Permit.class,
            permit ->
                assertThat(permit.obligations())
                    .isEqualTo(
                        new Obligations(
                            List.of("repo:read"),
                            Duration.ofMinutes(1),
                            null,
                            List.of("/result/email"),
                            Map.of("integrity", "external"),
                            Durability.BEFORE_FORWARD)));
  }

  /** As they stand in the message that they came with. */
  private static AccessRequest.Arguments arguments(String before, String json, String after) {
    return new AccessRequest.Arguments(
        (before + json + after).getBytes(StandardCharsets.UTF_8),
        before.length(),
        before.length() + json.length());
  }

  private static Decision decided(JsonNode document) throws IOException {
    byte[] result =
        JSON.writeValueAsBytes(
            JSON.createArrayNode().add(JSON.createObjectNode().set("result", document)));
    Verdict verdict = VerdictReader.resultSet(result);
    return new DecisionPoint(
            request -> CompletableFuture.completedFuture(verdict), "test", "r1", TIME_MAX)
        .decide(FULL)
        .join();
  }

  @Test
  void everyWordOfTheContractIsInItsTable() {
    assertThat(column("call.trigger"))
        .containsExactlyElementsOf(Arrays.stream(Trigger.values()).map(Trigger::wire).toList());
    assertThat(column("target.kind"))
        .containsExactlyElementsOf(
            Arrays.stream(TargetKind.values()).map(TargetKind::wire).toList());
    assertThat(column("target.effect"))
        .containsExactlyElementsOf(Arrays.stream(Effect.values()).map(Effect::wire).toList());
    assertThat(column("cause"))
        .containsExactlyElementsOf(
            Arrays.stream(Indeterminate.Cause.values()).map(Indeterminate.Cause::wire).toList());
  }

  @Test
  void documentedDataIsWhatGrantsCompileTo() throws IOException {
    assertThat(new String(Grants.data(GRANTS), StandardCharsets.UTF_8))
        .isEqualTo(document("data").toString());
    for (Grant grant : GRANTS) {
      assertThat(page)
          .contains("{name: " + grant.name() + ", caller: \"" + grant.callers().getFirst());
    }
  }

  @Test
  void documentedGlobsCoverWhatTheTableSays() {
    Matcher rows =
        Pattern.compile("(?m)^\\| (`[^`]*\\*[^`]*`) \\| ([^|]*) \\| ([^|]*)\\|$").matcher(page);
    int count = 0;
    while (rows.find()) {
      String pattern = codes(rows.group(1)).getFirst();
      codes(rows.group(2)).forEach(text -> assertThat(covers(pattern, text)).as(text).isTrue());
      codes(rows.group(3)).forEach(text -> assertThat(covers(pattern, text)).as(text).isFalse());
      count++;
    }
    assertThat(count).isEqualTo(5);
  }

  /** As the shipped policy finds: patterns of targets by a target, others by a caller. */
  private static boolean covers(String pattern, String text) {
    boolean target = pattern.startsWith("files/");
    Grant grant =
        grant(
            "one",
            target ? "**" : pattern,
            List.of(target ? pattern : "files/x"),
            List.of(),
            List.of(),
            List.of(),
            Set.of());
    String name = target ? text.substring("files/".length()) : "x";
    return new DecisionPoint(
                WasmEngine.shipped(List.of(grant)).newEvaluator(), "opa", "r1", TIME_MAX)
            .decide(Requests.tool(target ? "oidc:idp:alice" : text, "files", name))
            .join()
        instanceof Permit;
  }

  private List<String> column(String head) {
    Matcher table =
        Pattern.compile(
                "\\| `?" + Pattern.quote(head) + "`? \\| wh.*\\n\\|---.*\\n((?:\\| .*\\n)+)")
            .matcher(page);
    assertThat(table.find()).as(head).isTrue();
    return Stream.of(table.group(1).split("\n")).map(row -> codes(row).getFirst()).toList();
  }

  private static List<String> codes(String cell) {
    return Pattern.compile("`([^`]+)`").matcher(cell).results().map(code -> code.group(1)).toList();
  }

  /** The JSON that a fence with this word holds. */
  private JsonNode document(String word) throws IOException {
    Matcher fence =
        Pattern.compile("(?s)```json " + Pattern.quote(word) + "\\n(.*?)```").matcher(page);
    assertThat(fence.find()).as(word).isTrue();
    return JSON.readTree(fence.group(1));
  }
}
