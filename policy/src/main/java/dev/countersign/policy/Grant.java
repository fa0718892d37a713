// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;
import java.util.Set;

/**
 * What some callers may do. Patterns are globs over the whole text: {@code *} stops at slash and
 * colon, {@code **} does not. A target pattern is {@code server/tool}, or the word of another kind
 * before it, as in {@code resource:server/uri} and {@code elicitation:server/form}.
 *
 * @param name names the rule in decisions and records
 * @param callers patterns over caller ids
 * @param allow what they may do
 * @param approve what they may do with a person's approval
 * @param deny what they may not do, whatever else says so
 * @param approvers who may approve
 * @param effects limits allow and approve to targets labelled so; empty for no limit
 * @param line where it stands in its file, or -1
 */
public record Grant(
    String name,
    List<String> callers,
    List<String> allow,
    List<String> approve,
    List<String> deny,
    List<String> approvers,
    Set<Effect> effects,
    int line) {
  public Grant {
    callers = List.copyOf(callers);
    allow = List.copyOf(allow);
    approve = List.copyOf(approve);
    deny = List.copyOf(deny);
    approvers = List.copyOf(approvers);
    effects = Set.copyOf(effects);
  }

  /** Whether it gives anything, if only after an approval; what a server offers then shows it. */
  boolean permits() {
    return !allow.isEmpty() || !approve.isEmpty();
  }
}
