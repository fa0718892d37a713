// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.policy.TargetKind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class McpMethodTest {
  /** The methods of both revisions that the gateway serves; each in its eras and with its name. */
  @ParameterizedTest
  @CsvSource({
    "initialize, false, true, SERVER,",
    "notifications/initialized, false, true, SERVER,",
    "notifications/cancelled, false, true, SERVER,",
    "logging/setLevel, false, true, SERVER,",
    "resources/subscribe, false, true, RESOURCE, uri",
    "resources/unsubscribe, false, true, RESOURCE, uri",
    "tasks/get, true, true, TASK, taskId",
    "tasks/result, false, true, TASK, taskId",
    "tasks/cancel, true, true, TASK, taskId",
    "tasks/list, false, true, SERVER,",
    "notifications/progress, false, true, SERVER,",
    "notifications/roots/list_changed, false, true, ROOTS,",
    "ping, false, true, SERVER,",
    "server/discover, true, false, SERVER,",
    "subscriptions/listen, true, false, SERVER,",
    "tasks/update, true, false, TASK, taskId",
    "tools/list, true, true, SERVER,",
    "tools/call, true, true, TOOL, name",
    "prompts/list, true, true, SERVER,",
    "prompts/get, true, true, PROMPT, name",
    "resources/list, true, true, SERVER,",
    "resources/templates/list, true, true, SERVER,",
    "resources/read, true, true, RESOURCE, uri"
  })
  void servesWhatTheRevisionHas(
      String wire, boolean modern, boolean legacy, TargetKind kind, @Nullable String nameParam) {
    McpMethod inModern = McpMethod.of(wire, Era.MODERN);
    McpMethod inLegacy = McpMethod.of(wire, Era.LEGACY);

    assertThat(inModern != null).isEqualTo(modern);
    assertThat(inLegacy != null).isEqualTo(legacy);
    McpMethod method = requireNonNull(inModern == null ? inLegacy : inModern);
    assertThat(method.wire()).isEqualTo(wire);
    assertThat(method.kind()).isEqualTo(kind);
    assertThat(method.nameParam()).isEqualTo(nameParam);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Tools/call",
        "TOOLS/CALL",
        "tools/call ",
        "tools/Call",
        "tools//call",
        "tools",
        "http/get",
        "http/delete",
        "sampling/createMessage",
        "elicitation/create",
        "roots/list",
        "rpc.discover",
        "tools/delete"
      })
  void servesNothingElse(String wire) {
    assertThat(McpMethod.of(wire, Era.MODERN)).isNull();
    assertThat(McpMethod.of(wire, Era.LEGACY)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "tools/list, tools, name, TOOL",
    "prompts/list, prompts, name, PROMPT",
    "resources/list, resources, uri, RESOURCE",
    "resources/templates/list, resourceTemplates, uriTemplate, RESOURCE_TEMPLATE"
  })
  void knowsWhatListsHold(String wire, String member, String key, TargetKind kind) {
    McpMethod method = requireNonNull(McpMethod.of(wire, Era.MODERN));

    assertThat(method.listing()).isEqualTo(new McpMethod.Listing(member, key, kind));
  }

  @Test
  void speaksTheRevisionsNewestFirst() {
    assertThat(Era.versions())
        .containsExactly("2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26");
    assertThat(Era.MODERN.modern()).isTrue();
    assertThat(Era.LEGACY.modern()).isFalse();
  }
}
