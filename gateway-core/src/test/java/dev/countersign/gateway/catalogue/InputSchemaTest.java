// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InputSchemaTest {
  private static InputSchema.Reading read(String schema) {
    try {
      return InputSchema.read(
          JsonDocument.parse(schema.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULTS).root());
    } catch (JsonRefusedException e) {
      throw new AssertionError(schema, e);
    }
  }

  @Test
  void propertiesThatAreMirroredAreFoundAtAnyDepth() {
    InputSchema.Reading reading =
        read(
            """
            {"type":"object","properties":{
            "a":{"type":"string","x-mcp-header":"Region"},
            "b":{"type":"object","properties":{"c":{"type":"integer","x-mcp-header":"page"}}},
            "x-mcp-header":{"type":"string"},
            "d":{"default":{"x-mcp-header":1}}}}\
            """);

    assertThat(reading.fault()).isNull();
    assertThat(reading.bindings())
        .containsExactly(
            new ParamBinding("region", List.of("a")), new ParamBinding("page", List.of("b", "c")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"x-mcp-header\":\"A\",\"type\":\"string\"}",
        "{\"properties\":{\"a\":{\"x-mcp-header\":\"A\"}}}",
        "{\"properties\":{\"a\":{\"type\":\"number\",\"x-mcp-header\":\"A\"}}}",
        "{\"properties\":{\"a\":{\"type\":[\"string\"],\"x-mcp-header\":\"A\"}}}",
        "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\"}}}",
        "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a b\"}}}",
        "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a:\"}}}",
        "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":1}}}",
        "{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"},"
            + "\"b\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}}}",
        "{\"properties\":{\"a\":{\"items\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}}",
        "{\"anyOf\":[{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}]}",
        "{\"$defs\":{\"d\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}",
        "{\"properties\":{\"a\":{\"allOf\":[{\"type\":\"string\",\"x-mcp-header\":\"A\"}]}}}"
      })
  void headersThatNoClientCouldMakeAreAFault(String schema) {
    assertThat(read(schema).fault()).isNotNull();
    assertThat(read(schema).bindings()).isEmpty();
  }

  @Test
  void schemaThatIsMissingMirrorsNothing() {
    assertThat(InputSchema.read(null)).isEqualTo(new InputSchema.Reading(List.of(), null));
  }
}
