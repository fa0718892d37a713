// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonValueTest {
  @Test
  void findsMembersHoweverTheirNamesAreSpelled() throws JsonRefusedException {
    JsonValue object =
        root("{\"na\\u006de\":1,\"\u00e9\":2,\"\\u00e8\":3,\"\":4,\"e\u0301\":5,\"a\":6,\"ab\":7}");

    assertThat(number(object, "name")).isEqualTo(1);
    assertThat(number(object, "\u00e9")).isEqualTo(2);
    assertThat(number(object, "\u00e8")).isEqualTo(3);
    assertThat(number(object, "")).isEqualTo(4);
    assertThat(number(object, "e\u0301")).isEqualTo(5);
    assertThat(number(object, "a")).isEqualTo(6);
    assertThat(object.member("na\\u006de")).isNull();
    assertThat(object.member("b")).isNull();
    assertThat(object.member("A")).isNull();
    assertThat(object.size()).isEqualTo(7);
  }

  @Test
  void doesNotTakeLatinBytesForTheirCharacters() throws JsonRefusedException {
    // The UTF-8 of e with acute is two bytes, which are themselves two Latin-1 characters.
    assertThat(root("{\"\u00e9\":1}").member("\u00c3\u00a9")).isNull();
  }

  @Test
  void takesNoBeginningForTheName() throws JsonRefusedException {
    JsonValue object = root("{\"abc\":1,\"\u00e9\u00e9\":2}");

    assertThat(object.member("ab")).isNull();
    assertThat(object.member("abcd")).isNull();
    assertThat(object.member("\u00e9")).isNull();
    assertThat(object.member("\u00e9\u00e9\u00e9")).isNull();
    assertThat(number(object, "\u00e9\u00e9")).isEqualTo(2);
  }

  @Test
  void findsNoMembersOfMembers() throws JsonRefusedException {
    JsonValue object = root("{\"a\":{\"b\":1,\"c\":[{\"d\":2}]},\"e\":3}");

    assertThat(object.member("b")).isNull();
    assertThat(object.member("d")).isNull();
    assertThat(object.members()).extracting(JsonMember::name).containsExactly("a", "e");
  }

  @Test
  void keepsTheBytesOfEveryValue() throws JsonRefusedException {
    JsonValue object = root("{ \"a\" : [ 1.50 , \"x\\u0041\" ] , \"b\" : { } }");
    JsonValue array = requireNonNull(object.member("a"));

    assertThat(text(array)).isEqualTo("[ 1.50 , \"x\\u0041\" ]");
    assertThat(text(array.elements().getFirst())).isEqualTo("1.50");
    assertThat(text(array.elements().getLast())).isEqualTo("\"x\\u0041\"");
    assertThat(text(requireNonNull(object.member("b")))).isEqualTo("{ }");
    assertThat(object.members().getFirst().nameStart()).isEqualTo(2);
  }

  @Test
  void hasNoPartsOfScalars() throws JsonRefusedException {
    for (JsonValue scalar : root("[1,\"a\",true,false,null]").elements()) {
      assertThat(scalar.members()).isEmpty();
      assertThat(scalar.elements()).isEmpty();
      assertThat(scalar.size()).isZero();
      assertThat(scalar.member("a")).isNull();
    }
    assertThatThrownBy(() -> root("[]").text()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> root("\"1\"").number()).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "-0,0",
    "1,1",
    "-1,-1",
    "9007199254740991,9007199254740991",
    "-9007199254740991,-9007199254740991"
  })
  void readsIntegersThatEveryReaderReadsAlike(String text, long value) throws JsonRefusedException {
    assertThat(root(text).integer()).hasValue(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0",
        "1.5",
        "1e0",
        "1E2",
        "9007199254740992",
        "-9007199254740992",
        "99999999999999999",
        "100000000000000000000000000",
        "18446744073709551617",
        "true",
        "null",
        "\"1\"",
        "[1]"
      })
  void readsNothingElseAsAnInteger(String text) throws JsonRefusedException {
    assertThat(root(text).integer()).isEqualTo(OptionalLong.empty());
  }

  private static long number(JsonValue object, String name) {
    return requireNonNull(object.member(name)).integer().orElseThrow();
  }

  private static String text(JsonValue value) {
    return new String(value.raw(), StandardCharsets.UTF_8);
  }

  private static JsonValue root(String text) throws JsonRefusedException {
    return JsonDocument.parse(text.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULTS).root();
  }
}
