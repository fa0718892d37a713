// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.ResourceUri;
import dev.countersign.gateway.mcp.SubscriptionFilter;
import dev.countersign.policy.Trigger;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Cuts a permitted modern request down to those of its parts that policy grants one by one: what it
 * lets the server ask its client for, and what it wants to listen to.
 */
final class ScopeStep {
  private final DecisionStep decisions;
  private final CapabilityStep capabilities;
  private final TaskStep tasks;
  private final ListenStreams streams;

  ScopeStep(
      DecisionStep decisions, CapabilityStep capabilities, TaskStep tasks, ListenStreams streams) {
    this.decisions = decisions;
    this.capabilities = capabilities;
    this.tasks = tasks;
    this.streams = streams;
  }

  /** Completes, on the call's loop, when the call knows what of it goes out. */
  CompletableFuture<Void> cut(Call call) {
    if (!call.modern()) {
      return capabilities.cut(call);
    }
    CompletableFuture<Void> declared =
        capabilities
            .cut(call)
            .thenCompose(cut -> tasks.mayDeclare(call))
            .thenAccept(call.terms()::mayBecomeTask);
    return call.message().method() == McpMethod.LISTEN
        ? declared.thenCompose(cut -> listen(call))
        : declared;
  }

  /** Asks about each of many, and hands on those that are permitted. */
  private static <T> CompletableFuture<Void> all(
      Collection<T> many, Function<T, CompletableFuture<Boolean>> ask, Consumer<T> permitted) {
    return CompletableFuture.allOf(
        many.stream()
            .map(
                one ->
                    ask.apply(one)
                        .thenAccept(
                            yes -> {
                              if (yes) {
                                permitted.accept(one);
                              }
                            }))
            .toArray(CompletableFuture[]::new));
  }

  private CompletableFuture<Void> listen(Call call) {
    JsonValue params = call.message().params();
    JsonValue wanted = params == null ? null : params.member("notifications");
    SubscriptionFilter asked = SubscriptionFilter.of(wanted);
    if (!call.isBridged()) {
      // One of a legacy session is counted there.
      streams.open(call);
    }
    Set<String> readable = new LinkedHashSet<>();
    List<String> uris = asked.uris().stream().filter(ResourceUri::isNormal).toList();
    Set<String> followed = new LinkedHashSet<>();
    return all(uris, uri -> decisions.readable(call, uri), readable::add)
        .thenCompose(
            read ->
                all(
                    asked.tasks(),
                    id -> tasks.mayFollow(call, call.snapshot(), Trigger.TASK, id),
                    followed::add))
        .thenRun(
            () -> {
              SubscriptionFilter granted =
                  asked.and(new SubscriptionFilter(true, true, true, readable, followed));
              RpcId id = call.message().id();
              if (id != null && wanted != null) {
                Listening listening = new Listening(id, granted);
                call.terms().listening(listening);
                call.edits()
                    .replace(
                        wanted.start(),
                        wanted.end(),
                        listening.filter().getBytes(StandardCharsets.UTF_8));
              }
            });
  }
}
