// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.Rewrite;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.identity.CallerKey;
import dev.countersign.policy.TargetKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Takes out of a list what its caller may not see. Policy is asked on the call's loop; what takes
 * as long as the list is large, reading its names and writing it anew, runs beside it.
 */
final class ListFilter {
  private final Call call;
  private final DecisionStep decisions;
  private final Meters meters;
  private final WorkPool work;

  ListFilter(Call call, DecisionStep decisions, Meters meters, WorkPool work) {
    this.call = call;
    this.decisions = decisions;
    this.meters = meters;
    this.work = work;
  }

  /**
   * What is in a list.
   *
   * @param names of its entries, in order
   * @param seen how many there are of each name
   * @param unfit names of tools that may not be offered
   */
  private record Entries(
      JsonValue array, List<String> names, Map<String, Integer> seen, Set<String> unfit) {
    static Entries of(JsonValue result, McpMethod.Listing listing) {
      JsonValue array = result.member(listing.member());
      if (array == null || array.kind() != JsonKind.ARRAY) {
        throw ResultStep.badReply("the list is missing");
      }
      List<String> names = new ArrayList<>();
      Map<String, Integer> seen = new HashMap<>();
      for (JsonValue entry : array.elements()) {
        JsonValue name = entry.kind() == JsonKind.OBJECT ? entry.member(listing.key()) : null;
        if (name == null || name.kind() != JsonKind.STRING) {
          throw ResultStep.badReply("a list entry without a name");
        }
        names.add(name.text());
        seen.merge(name.text(), 1, Integer::sum);
      }
      return new Entries(array, names, seen, Set.of());
    }

    Entries without(Set<String> tools) {
      return new Entries(array, names, seen, tools);
    }

    /** Two entries of one name: nobody can say which of them a call would reach. */
    boolean mayShow(String name) {
      return seen.getOrDefault(name, 0) == 1 && !unfit.contains(name);
    }
  }

  /**
   * The list as its caller gets it; completes on the call's loop.
   *
   * @param keptMillisMax a modern list may be kept so long and no longer; negative for legacy ones
   */
  CompletableFuture<byte[]> filter(
      byte[] bytes, JsonValue result, McpMethod.Listing listing, long keptMillisMax) {
    boolean teaches = call.modern() && listing.kind() == TargetKind.TOOL;
    ListedTools.Asker asker = ListedTools.Asker.of(call);
    UnaryOperator<String> cursors = call.terms().cursors();
    return beside(
            bytes,
            () -> {
              Entries read = Entries.of(result, listing);
              return teaches
                  ? read.without(ListedTools.learn(asker, result, read.array, read.seen, meters))
                  : read;
            })
        .thenCompose(
            entries ->
                shown(entries, listing.kind())
                    .thenCompose(
                        shown ->
                            beside(
                                bytes,
                                () ->
                                    written(
                                        bytes, result, entries, shown, cursors, keptMillisMax))));
  }

  private CompletableFuture<boolean[]> shown(Entries entries, TargetKind kind) {
    boolean[] shown = new boolean[entries.names.size()];
    return Slices.of(
            call.exchange().loop(),
            shown.length,
            i ->
                decisions
                    .visible(call, kind, entries.names.get(i))
                    .thenAccept(yes -> shown[i] = yes))
        .thenApply(decided -> shown);
  }

  private static byte[] written(
      byte[] bytes,
      JsonValue result,
      Entries entries,
      boolean[] shown,
      UnaryOperator<String> cursors,
      long keptMillisMax) {
    int[] at = {0};
    return Rewrite.list(
        bytes,
        result,
        entries.array,
        entry -> {
          int i = at[0]++;
          return shown[i] && entries.mayShow(entries.names.get(i));
        },
        cursors,
        keptMillisMax);
  }

  private <T> CompletableFuture<T> beside(byte[] bytes, Supplier<T> task) {
    CallerKey caller = call.caller().key();
    Loop loop = call.exchange().loop();
    return work.forUnderWay(caller, bytes.length, loop, task);
  }
}
