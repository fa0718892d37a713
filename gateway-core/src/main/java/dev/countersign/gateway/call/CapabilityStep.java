// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.input.InputRules;
import dev.countersign.gateway.input.InputTarget;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a client declares is passed on as far as policy would grant it to this caller on this server
 * (trigger {@code list}): a server that is not told of a capability must not use it. Asked only for
 * what was declared.
 */
final class CapabilityStep {
  private final DecisionStep decisions;
  private final SessionTaskStep tasks;

  CapabilityStep(DecisionStep decisions, SessionTaskStep tasks) {
    this.decisions = decisions;
    this.tasks = tasks;
  }

  /** Completes when the call knows what its server may be told. */
  CompletableFuture<Void> cut(Call call) {
    JsonValue said = said(call.message());
    return said == null
        ? tasks.cut(call)
        : cut(call, ClientCapabilities.of(said)).thenAccept(call.terms()::capabilities);
  }

  /** Where a client says what it can: once in its session, or in each modern request. */
  private static @Nullable JsonValue said(McpMessage message) {
    if (message.era().modern()) {
      return message.meta().capabilities();
    }
    JsonValue params = message.method() == McpMethod.INITIALIZE ? message.params() : null;
    return params == null ? null : params.member("capabilities");
  }

  /** What of the declared is granted. */
  private CompletableFuture<ClientCapabilities> cut(Call call, ClientCapabilities declared) {
    InputRules rules = call.route().server().messages().input();
    List<InputTarget> targets = declared.targets(rules);
    if (targets.isEmpty()) {
      return CompletableFuture.completedFuture(declared.cutTo(Set.of(), rules));
    }
    Set<InputTarget> granted = new HashSet<>();
    CompletableFuture<?>[] asked =
        targets.stream()
            .map(
                target ->
                    decisions
                        .visible(call, target.kind(), target.name())
                        .thenAccept(yes -> add(granted, target, yes)))
            .toArray(CompletableFuture[]::new);
    return CompletableFuture.allOf(asked).thenApply(all -> declared.cutTo(granted, rules));
  }

  private static void add(Set<InputTarget> granted, InputTarget target, boolean yes) {
    if (yes) {
      granted.add(target);
    }
  }
}
