// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.json.JsonValue;
import dev.countersign.policy.TargetKind;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExposedNamesTest {
  @ParameterizedTest
  @CsvSource({
    "TOOL, files__read, files, read",
    "TOOL, files__a__b, files, a__b",
    "TOOL, f-2___x, f-2, _x",
    "PROMPT, files__greet, files, greet",
    "RESOURCE, files+file:///a, files, file:///a",
    "RESOURCE, files+a+b://c, files, a+b://c",
    "RESOURCE_TEMPLATE, files+file:///{p}, files, file:///{p}"
  })
  void goBackToWhatTheyStandFor(TargetKind kind, String exposed, String server, String name) {
    assertThat(ExposedNames.of(kind, server, name)).isEqualTo(exposed);
    assertThat(ExposedNames.split(kind, exposed)).isEqualTo(new ExposedNames.Parts(server, name));
  }

  @ParameterizedTest
  @CsvSource({
    "TOOL, read",
    "TOOL, files_read",
    "TOOL, __read",
    "TOOL, files__",
    "TOOL, Files__read",
    "TOOL, fi les__read",
    "TOOL, files+read",
    "RESOURCE, file:///a",
    "RESOURCE, +file:///a",
    "RESOURCE, files__file:///a"
  })
  void areNothingElse(TargetKind kind, String exposed) {
    assertThat(ExposedNames.split(kind, exposed)).isNull();
  }

  @Test
  void changeNothingButTheNameOfARequest() {
    McpMessage message =
        Messages.message(
            Era.MODERN,
            McpMethod.TOOLS_CALL,
            "{\"params\": {\"arguments\":{\"name\":\"f__x\",\"n\":1.50},\"name\" :"
                + " \"f__\\u0078\"}}");

    assertThat(Messages.text(ExposedNames.request(message, "x\"y")))
        .isEqualTo(
            "{\"params\": {\"arguments\":{\"name\":\"f__x\",\"n\":1.50},\"name\" : \"x\\\"y\"}}");
  }

  @Test
  void replaceWhereAResultNamesResources() {
    String reply =
        "{\"result\":{\"uri\":\"a:b\",\"content\":[{\"type\":\"text\",\"uri\":\"a:b\"},"
            + "{\"type\":\"resource\",\"resource\":{\"uri\":\"a:b\",\"n\":1.0}},"
            + "{\"type\":\"resource_link\",\"uri\":\"a:c\"}]}}";

    assertThat(exposed(reply, McpMethod.TOOLS_CALL))
        .isEqualTo(
            "{\"result\":{\"uri\":\"a:b\",\"content\":[{\"type\":\"text\",\"uri\":\"a:b\"},"
                + "{\"type\":\"resource\",\"resource\":{\"uri\":\"s+a:b\",\"n\":1.0}},"
                + "{\"type\":\"resource_link\",\"uri\":\"s+a:c\"}]}}");
    assertThat(
            exposed(
                "{\"result\":{\"messages\":[{\"content\":{\"type\":\"resource_link\",\"uri\":\"a:c\"}},1]}}",
                McpMethod.PROMPTS_GET))
        .isEqualTo(
            "{\"result\":{\"messages\":[{\"content\":{\"type\":\"resource_link\",\"uri\":\"s+a:c\"}},1]}}");
    assertThat(
            exposed(
                "{\"result\":{\"contents\":[{\"uri\":\"a:c\"},{\"uri\":1}]}}",
                McpMethod.RESOURCES_READ))
        .isEqualTo("{\"result\":{\"contents\":[{\"uri\":\"s+a:c\"},{\"uri\":1}]}}");
  }

  private static String exposed(String reply, McpMethod method) {
    JsonValue result = Objects.requireNonNull(Messages.json(reply).member("result"));
    return Messages.text(ExposedNames.reply(Messages.bytes(reply), result, method, "s"));
  }
}
