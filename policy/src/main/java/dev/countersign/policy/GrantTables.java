// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Grants as the tables that {@code decision.rego} reads:
 *
 * <ul>
 *   <li>{@code entries}: what grants say about targets, so ordered that of several the least wins:
 *       first all that deny, then all that allow, then all that ask for approval; each sort in the
 *       order of the file
 *   <li>{@code callers}: an index from caller ids to numbers of {@code targets}
 *   <li>{@code targets}: for each set of grants that some callers share, and each kind of target,
 *       an index from targets to numbers of {@code entries}
 * </ul>
 */
final class GrantTables {
  private static final int PATTERNS_MAX = 200_000;
  private static final int NONE = -1;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final ArrayNode entries = JSON.arrayNode();
  private final PatternIndex callers = new PatternIndex();
  private final List<Map<TargetKind, PatternIndex>> targets = new ArrayList<>();
  private int patterns;

  /**
   * @param grants without {@linkplain Grants#problems(Grant) problems}
   */
  GrantTables(List<Grant> grants) {
    int[] deny = numbered(grants, grant -> !grant.deny().isEmpty(), this::deny);
    int[] allow = numbered(grants, grant -> !grant.allow().isEmpty(), this::allow);
    int[] approve = numbered(grants, grant -> !grant.approve().isEmpty(), this::approve);
    int[] server = numbered(grants, Grant::permits, this::server);
    Map<String, List<Integer>> grantsOf = new LinkedHashMap<>();
    for (int i = 0; i < grants.size(); i++) {
      for (String caller : new TreeSet<>(grants.get(i).callers())) {
        grantsOf.computeIfAbsent(caller, key -> new ArrayList<>()).add(i);
      }
    }
    Map<List<Integer>, Integer> shared = new LinkedHashMap<>();
    grantsOf.forEach(
        (caller, of) -> {
          Integer at = shared.get(of);
          if (at == null) {
            at = shared.size();
            shared.put(of, at);
            Map<TargetKind, PatternIndex> indexes = new EnumMap<>(TargetKind.class);
            for (int i : of) {
              Grant grant = grants.get(i);
              addTargets(grant.allow(), allow[i], server[i], indexes);
              addTargets(grant.approve(), approve[i], server[i], indexes);
              // To be denied something on a server gives no right to see the rest of it.
              addTargets(grant.deny(), deny[i], NONE, indexes);
            }
            targets.add(indexes);
          }
          callers.add(caller, at);
        });
  }

  /** Makes an entry of each grant that has something to say, and tells which it is. */
  private int[] numbered(List<Grant> grants, Predicate<Grant> speaks, Consumer<Grant> add) {
    int[] numbers = new int[grants.size()];
    for (int i = 0; i < numbers.length; i++) {
      Grant grant = grants.get(i);
      numbers[i] = NONE;
      if (speaks.test(grant)) {
        numbers[i] = entries.size();
        add.accept(grant);
      }
    }
    return numbers;
  }

  private void deny(Grant grant) {
    entry("deny", grant);
  }

  private void allow(Grant grant) {
    limit(entry("allow", grant), grant);
  }

  private void approve(Grant grant) {
    ArrayNode approvers = limit(entry("approve", grant), grant).putArray("approvers");
    grant.approvers().forEach(approvers::add);
  }

  /** Effects are of targets, and the server as a whole has none. */
  private void server(Grant grant) {
    entry("allow", grant);
  }

  private ObjectNode entry(String verb, Grant grant) {
    return entries.addObject().put("do", verb).put("rule", "grants/" + grant.name());
  }

  private static ObjectNode limit(ObjectNode entry, Grant grant) {
    if (!grant.effects().isEmpty()) {
      ArrayNode effects = entry.putArray("effects");
      grant.effects().stream().map(Effect::wire).sorted().forEach(effects::add);
    }
    return entry;
  }

  private void addTargets(
      List<String> texts, int entry, int server, Map<TargetKind, PatternIndex> indexes) {
    texts.forEach(text -> addTarget(text, entry, server, indexes));
  }

  private void addTarget(
      String text, int entry, int server, Map<TargetKind, PatternIndex> indexes) {
    if (++patterns > PATTERNS_MAX) {
      return;
    }
    TargetPattern target = Objects.requireNonNull(TargetPattern.parse(text), "a checked pattern");
    index(indexes, target.kind()).add(target.pattern(), entry);
    if (server != NONE && target.isOffered()) {
      index(indexes, TargetKind.SERVER).add(target.server(), server);
    }
  }

  private static PatternIndex index(Map<TargetKind, PatternIndex> indexes, TargetKind kind) {
    return indexes.computeIfAbsent(kind, key -> new PatternIndex());
  }

  /** Why they could not be searched quickly, in words; empty when they can. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (patterns > PATTERNS_MAX) {
      problems.add("grants have over " + PATTERNS_MAX + " patterns, counted once for each caller");
    }
    callers.problems().forEach(problem -> problems.add("callers: " + problem));
    for (Map<TargetKind, PatternIndex> indexes : targets) {
      for (PatternIndex index : indexes.values()) {
        index.problems().forEach(problem -> problems.add("targets of one caller: " + problem));
      }
    }
    return problems;
  }

  ObjectNode json() {
    ObjectNode root = JSON.objectNode();
    ObjectNode tables = root.putObject("grants");
    tables.set("entries", entries);
    tables.set("callers", callers.json());
    ArrayNode all = tables.putArray("targets");
    for (Map<TargetKind, PatternIndex> indexes : targets) {
      ObjectNode byKind = all.addObject();
      indexes.forEach((kind, index) -> byKind.set(kind.wire(), index.json()));
    }
    return root;
  }
}
