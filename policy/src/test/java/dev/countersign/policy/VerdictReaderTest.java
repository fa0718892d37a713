// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictReaderTest {
  private static Verdict read(String json) {
    return VerdictReader.resultSet(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String set(String decision) {
    return "[{\"result\":" + decision + "}]";
  }

  @Test
  void readsEveryMemberOfTheContract() {
    Verdict verdict =
        read(
            set(
                """
                {"decision":"approve","rule":"grants/x","reasons":["a","b"],"obligations":{
                  "credential":{"scopes":["s1","s2"],"ttl_s":60},
                  "approval":{"groups":["sec"],"quorum":2,"ttl_s":600},
                  "redact":["email"],"labels":{"integrity":"external"},
                  "durable":"before_release"}}\
                """));

    assertThat(verdict)
        .isEqualTo(
            new Verdict.Answer(
                "approve",
                "grants/x",
                List.of("a", "b"),
                new Obligations(
                    List.of("s1", "s2"),
                    Duration.ofSeconds(60),
                    new Obligations.Approval(List.of("sec"), 2, Duration.ofMinutes(10)),
                    List.of("email"),
                    Map.of("integrity", "external"),
                    Durability.BEFORE_RELEASE)));
  }

  @Test
  void decisionAloneDemandsNothing() {
    assertThat(read(set("{\"decision\":\"allow\",\"rule\":\"r\",\"reasons\":[]}")))
        .isEqualTo(new Verdict.Answer("allow", "r", List.of(), Obligations.NONE));
  }

  @Test
  void emptyResultSetIsUndefined() {
    assertThat(read("[]"))
        .isInstanceOfSatisfying(
            Verdict.Unusable.class,
            unusable -> assertThat(unusable.cause()).isEqualTo(Indeterminate.Cause.UNDEFINED));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "{}",
        "null",
        "[1]",
        "[{}]",
        "[{\"result\":null}]",
        "[{\"result\":true}]",
        "[{\"result\":\"allow\"}]",
        "[{\"result\":{}},{\"result\":{}}]",
        "[{\"result\":{\"decision\":\"allow\",\"rule\":\"r\"},\"more\":1}]",
        "[{\"result\":{\"decision\":\"allow\",\"rule\":\"r\"}}] x",
        "[{\"result\":{\"decision\":\"deny\",\"decision\":\"allow\",\"rule\":\"r\"}}]"
      })
  void whatIsNotOneResultIsMalformed(String json) {
    assertMalformed(json);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "no decision|{\"rule\":\"r\"}",
        "decision is true|{\"decision\":true,\"rule\":\"r\"}",
        "no rule|{\"decision\":\"allow\"}",
        "empty rule|{\"decision\":\"allow\",\"rule\":\"\"}",
        "unknown member|{\"decision\":\"allow\",\"rule\":\"r\",\"obligation\":{}}",
        "reasons is a text|{\"decision\":\"allow\",\"rule\":\"r\",\"reasons\":\"x\"}",
        "reason is a number|{\"decision\":\"allow\",\"rule\":\"r\",\"reasons\":[1]}",
        "obligations is a list|{\"decision\":\"allow\",\"rule\":\"r\",\"obligations\":[]}",
        "unknown"
            + " obligation|{\"decision\":\"allow\",\"rule\":\"r\",\"obligations\":{\"redacts\":[]}}",
        "unknown"
            + " durability|{\"decision\":\"allow\",\"rule\":\"r\",\"obligations\":{\"durable\":\"later\"}}",
        "approval without"
            + " groups|{\"decision\":\"approve\",\"rule\":\"r\",\"obligations\":{\"approval\":{\"quorum\":1,\"ttl_s\":1}}}",
        "approval by"
            + " nobody|{\"decision\":\"approve\",\"rule\":\"r\",\"obligations\":{\"approval\":{\"groups\":[\"\"],\"quorum\":1,\"ttl_s\":1}}}",
        "quorum of"
            + " none|{\"decision\":\"approve\",\"rule\":\"r\",\"obligations\":{\"approval\":{\"groups\":[\"g\"],\"quorum\":0,\"ttl_s\":1}}}",
        "approval for"
            + " ever|{\"decision\":\"approve\",\"rule\":\"r\",\"obligations\":{\"approval\":{\"groups\":[\"g\"],\"quorum\":1}}}",
        "ttl is a"
            + " fraction|{\"decision\":\"allow\",\"rule\":\"r\",\"obligations\":{\"credential\":{\"ttl_s\":1.5}}}",
        "ttl is"
            + " negative|{\"decision\":\"allow\",\"rule\":\"r\",\"obligations\":{\"credential\":{\"ttl_s\":-1}}}",
        "ttl is over a"
            + " week|{\"decision\":\"allow\",\"rule\":\"r\",\"obligations\":{\"credential\":{\"ttl_s\":604801}}}",
        "label is a"
            + " number|{\"decision\":\"allow\",\"rule\":\"r\",\"obligations\":{\"labels\":{\"a\":1}}}"
      })
  void whatIsNotTheContractIsMalformed(String because, String decision) {
    assertMalformed(set(decision));
  }

  @Test
  void boundsHold() {
    String long1 = "x".repeat(1025);
    assertMalformed(set("{\"decision\":\"allow\",\"rule\":\"r\",\"reasons\":[\"" + long1 + "\"]}"));
    assertMalformed(set("{\"decision\":\"allow\",\"rule\":\"" + "r".repeat(257) + "\"}"));
    String many = "\"a\",".repeat(64) + "\"a\"";
    assertMalformed(set("{\"decision\":\"allow\",\"rule\":\"r\",\"reasons\":[" + many + "]}"));
    assertMalformed("[".repeat(100_000));
  }

  private static void assertMalformed(String json) {
    assertThat(read(json))
        .isInstanceOfSatisfying(
            Verdict.Unusable.class,
            unusable -> assertThat(unusable.cause()).isEqualTo(Indeterminate.Cause.MALFORMED));
  }
}
