// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyFoldingTest {
  private static final String PROTOCOL_KEY = "key_folds_to_protocol_key";

  /** Where a key stands, and one that is nearly a protocol key there. */
  record Near(String place, String key) {
    String message() {
      return place.replace("KEY", key);
    }

    @Override
    public String toString() {
      return message();
    }
  }

  static Stream<Near> near() {
    return Stream.of(
            at(
                "{\"KEY\":1}",
                "Id",
                "ID",
                " id",
                "id ",
                "i d",
                "Method",
                "method\\t",
                "JSONRPC",
                "par\u00a0ams",
                "para\u3000ms",
                "param\u017f",
                "re\u017fult",
                "ERROR",
                "json\\nrpc",
                "\u0130d",
                "\u0131d",
                "__proto__"),
            at(
                "{\"params\":{\"KEY\":1}}",
                "Name",
                "name ",
                "na me",
                "argument\u017f",
                "tas\u212a",
                "URI",
                "\u0130nputResponses",
                "protocolversion",
                "_Meta",
                "_META",
                "\\u005fMeta",
                "requestState ",
                "taskID",
                "\u2028name",
                "cur\u017for"),
            at(
                "{\"params\":{\"_meta\":{\"KEY\":1}}}",
                "progresstoken",
                "progressTo\u212aen",
                "io.modelcontextprotocol/ProtocolVersion",
                "IO.modelcontextprotocol/clientCapabilities",
                "io.modelcontextprotocol/clientInfo ",
                "Traceparent",
                "dev.countersign/Intent"),
            at("{\"params\":{\"ref\":{\"KEY\":1}}}", "Type", "NAME", "uri\\r"),
            at(
                "{\"params\":{\"capabilities\":{\"KEY\":1}}}",
                "Sampling",
                "\u017fampling",
                "elicitation ",
                "ROOTS",
                "ta\u017fks"),
            at(
                "{\"params\":{\"_meta\":{\"io.modelcontextprotocol/clientCapabilities\":"
                    + "{\"KEY\":1}}}}",
                "Sampling",
                "extension\u017f"))
        .flatMap(rows -> rows);
  }

  private static Stream<Near> at(String place, String... keys) {
    return Stream.of(keys).map(key -> new Near(place, key));
  }

  @ParameterizedTest
  @MethodSource("near")
  void refusesAKeyThatIsNearlyAProtocolKey(Near row) throws JsonRefusedException {
    assertThat(fault(row.message())).isEqualTo(PROTOCOL_KEY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{},\"result\":1,\"error\":1}",
        "{\"idx\":1,\"i.d\":1,\"_id\":1,\"i-d\":1,\"method2\":1}",
        "{\"params\":{\"Id\":1,\"METHOD\":1,\"Type\":1,\"names\":1,\"x-name\":1}}",
        "{\"params\":{\"_meta\":{\"Name\":1,\"com.example/progressToken\":1}}}",
        "{\"params\":{\"arguments\":{\"Name\":1,\"URI\":2,\"Arguments\":3,\"__proto__\":4}}}",
        "{\"params\":{\"name\":{\"Name\":1}}}",
        "{\"params\":[{\"Name\":1}]}"
      })
  void leavesOtherKeysAlone(String message) throws JsonRefusedException {
    assertThat(fault(message)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":1,\"A\":2}",
        "{\"path\":1,\"pa th\":2}",
        "{\"path\":1,\"path \":2}",
        "{\"path\":1,\"path\\u00a0\":2}",
        "{\"path\":1,\"path\\t\":2}",
        "{\"key\":1,\"\u212aey\":2}",
        "{\"user\":1,\"u\u017fer\":2}",
        "{\"\":1,\" \":2}",
        "{\"\u03c3\":1,\"\u03c2\":2}",
        "{\"\u00e9\":1,\"\u00c9\":2}",
        "{\"\ud801\udc28\":1,\"\ud801\udc00\":2}",
        "{\"deep\":[[{\"x\":{\"b\":1,\"B\":2}}]]}",
        "{\"a\":{\"b\":0},\"c\":[1,{\"d\":1,\"e\":2,\"D\":3}]}"
      })
  void refusesArgumentsWhoseSiblingsFoldTogether(String arguments) throws JsonRefusedException {
    assertThat(fault("{\"params\":{\"arguments\":" + arguments + "}}"))
        .isEqualTo("argument_keys_fold_together");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":{\"a\":1},\"b\":{\"A\":1}}",
        "{\"first_name\":1,\"firstname\":2}",
        "{\"ss\":1,\"\u00df\":2}",
        "{\"e\":1,\"\u00e9\":2}",
        "{\"a\":1,\"\u0430\":2}"
      })
  void takesArgumentsThatFoldApart(String arguments) throws JsonRefusedException {
    assertThat(fault("{\"params\":{\"arguments\":" + arguments + "}}")).isNull();
  }

  @Test
  void foldsTheWayOtherParsersMight() {
    assertThat(KeyFolding.fold("a\0b C\t\u212a\u017f\u0130")).isEqualTo("abcksi");
  }

  private static @Nullable String fault(String message) throws JsonRefusedException {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    return KeyFolding.fault(JsonDocument.parse(bytes, JsonLimits.DEFAULTS).root());
  }
}
