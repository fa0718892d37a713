// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.error;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonRefusedException;
import dev.countersign.gateway.json.JsonValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ErrorAnswersTest {
  @ParameterizedTest
  @EnumSource(Reason.class)
  void writesOneStrictObjectForEveryReason(Reason reason) throws JsonRefusedException {
    JsonValue answer = answer(RefusedException.of(reason), "7", "call-1");
    JsonValue error = member(answer, "error");

    assertThat(names(answer)).containsExactly("jsonrpc", "id", "error");
    assertThat(member(answer, "jsonrpc").text()).isEqualTo("2.0");
    assertThat(member(answer, "id").integer()).hasValue(7);
    assertThat(names(error)).containsExactly("code", "message", "data");
    assertThat(member(error, "code").integer()).hasValue(reason.code());
    assertThat(member(error, "message").text()).isEqualTo(reason.text());
    assertThat(member(member(error, "data"), "reason").text()).isEqualTo(reason.id());
    assertThat(member(member(error, "data"), "callId").text()).isEqualTo("call-1");
  }

  @Test
  void saysNullForAnIdThatIsNotKnown() throws JsonRefusedException {
    JsonValue answer = answer(RefusedException.of(Reason.PARSE_ERROR), null, null);

    assertThat(member(answer, "id").kind()).isEqualTo(JsonKind.NULL);
    assertThat(names(member(member(answer, "error"), "data"))).containsExactly("reason");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"},\"result\":{",
        "\\",
        "\\\"",
        "a\nb\rc\0d\u001fe\u007f",
        "\u2028\u2029\u0085",
        "\u00e9\u20ac\ud83d\ude00",
        "</script>",
        "%s %n {}"
      })
  void keepsHostileTextInsideItsString(String text) throws JsonRefusedException {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("requested", text);
    data.put("supported", List.of(text, "b"));
    data.put("count", 3);
    JsonValue answer =
        answer(RefusedException.of(Reason.PARAMS_INVALID, text, data), "\"i\"", text);
    JsonValue error = member(answer, "error");

    assertThat(names(answer)).containsExactly("jsonrpc", "id", "error");
    assertThat(member(error, "message").text()).isEqualTo(text);
    assertThat(member(member(error, "data"), "requested").text()).isEqualTo(text);
    assertThat(member(member(error, "data"), "callId").text()).isEqualTo(text);
    assertThat(member(member(error, "data"), "supported").elements())
        .extracting(JsonValue::text)
        .containsExactly(text, "b");
  }

  /** Whoever cut a text in the middle of a pair must not make our answer unreadable. */
  @ParameterizedTest
  @ValueSource(ints = {0xd800, 0xdbff, 0xdc00, 0xdfff})
  void writesStrictJsonEvenForHalfASurrogatePair(int unit) throws JsonRefusedException {
    String half = (char) unit + "";
    for (String text :
        List.of(half, "a" + half, half + "b", half + half, "x".repeat(9000) + half)) {
      Map<String, Object> data = Map.of("one", text, "many", List.of(text));
      JsonValue answer =
          answer(RefusedException.of(Reason.PARAMS_INVALID, text, data), "1", "call");

      assertThat(member(member(answer, "error"), "message").text()).doesNotContain(half);
    }
  }

  @Test
  void tellsNothingButTheCataloguesWordsOfARefusalWithoutDetail() {
    RefusedException refusal = RefusedException.of(Reason.POLICY_REFUSED);

    assertThat(refusal.detail()).isEqualTo(Reason.POLICY_REFUSED.text());
    assertThat(refusal.data()).isEmpty();
    assertThat(refusal.scopes()).isEmpty();
    assertThat(refusal.getStackTrace()).isEmpty();
  }

  @Test
  void namesTheScopesThatWouldCure() {
    RefusedException refusal = RefusedException.needingScopes(List.of("a", "b"));

    assertThat(refusal.reason()).isEqualTo(Reason.STEP_UP_NEEDED);
    assertThat(refusal.scopes()).containsExactly("a", "b");
  }

  private static JsonValue answer(
      RefusedException refusal, @Nullable String id, @Nullable String callId)
      throws JsonRefusedException {
    byte[] body = ErrorAnswers.body(refusal, id, callId);
    return JsonDocument.parse(body, JsonLimits.DEFAULTS).root();
  }

  private static JsonValue member(JsonValue object, String name) {
    return requireNonNull(object.member(name), name);
  }

  private static List<String> names(JsonValue object) {
    return object.members().stream().map(JsonMember::name).toList();
  }
}
