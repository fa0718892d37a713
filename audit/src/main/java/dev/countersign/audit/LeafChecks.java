// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a verification checks of leaves beyond their place in the chain: version, node, time, kind,
 * and that decisions and outcomes pair.
 */
final class LeafChecks {
  private static final int STAMP_CHARS = "2026-01-01T00:00:00.000000Z".length();

  private final Findings findings;
  private final Map<String, Long> open = new HashMap<>();
  private @Nullable String node;
  private String stamp = "";
  private long decisions;
  private long outcomes;
  private long unknownOutcomes;

  LeafChecks(Findings findings) {
    this.findings = findings;
  }

  /**
   * Checks the next leaf.
   *
   * @param firstOfSegment whether it must be the one that describes its segment
   */
  void check(String segment, long seq, JsonNode leaf, boolean firstOfSegment) {
    if (LeafParser.number(leaf, "v") != LeafEncoder.VERSION) {
      findings.add(segment, seq, "its format is not version " + LeafEncoder.VERSION);
    }
    node(segment, seq, LeafParser.text(leaf, "node"));
    time(segment, seq, LeafParser.text(leaf, "ts"));
    String kind = LeafParser.text(leaf, "kind");
    boolean describes = LeafParser.text(leaf, "name").equals(segment);
    if (firstOfSegment != kind.equals("segment") || (firstOfSegment && !describes)) {
      findings.add(
          segment,
          seq,
          firstOfSegment
              ? "the first leaf of its segment does not describe it"
              : "it describes a segment and is not the first leaf of one");
    }
    pair(segment, seq, kind, leaf);
  }

  private void node(String segment, long seq, String found) {
    if (node == null) {
      node = found;
    } else if (!found.equals(node)) {
      findings.add(segment, seq, "another node wrote it: " + Findings.quoted(found));
    }
  }

  private void time(String segment, long seq, String found) {
    if (found.length() != STAMP_CHARS || !isInstant(found)) {
      findings.add(segment, seq, "it has no time stamp: " + Findings.quoted(found));
    } else if (found.compareTo(stamp) < 0) {
      findings.add(segment, seq, "its time is before that of the leaf before it: " + found);
    } else {
      stamp = found;
    }
  }

  private static boolean isInstant(String stamp) {
    try {
      Instant unused = Instant.parse(stamp);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private void pair(String segment, long seq, String kind, JsonNode leaf) {
    String call = LeafParser.text(leaf, "call_id");
    switch (kind) {
      case "decision" -> {
        decisions++;
        if (!leaf.path("outcome_expected").isBoolean() || call.isEmpty()) {
          findings.add(segment, seq, "a decision without its members");
        }
        if (LeafParser.isOpening(leaf) && open.put(call, seq) != null) {
          findings.add(
              segment,
              seq,
              "call " + Findings.quoted(call) + " was decided again before it had an outcome");
        }
      }
      case "outcome" -> {
        outcomes++;
        if (LeafParser.text(leaf, "result").equals("unknown")) {
          unknownOutcomes++;
        }
        if (open.remove(call) == null) {
          findings.add(
              segment,
              seq,
              "no decision waits for this outcome of call "
                  + Findings.quoted(call)
                  + ": it has none, or it has an outcome already");
        }
      }
      case "config", "node", "segment" -> {}
      default -> findings.add(segment, seq, "no known kind of leaf: " + Findings.quoted(kind));
    }
  }

  /** Decisions that wait for their outcome: call id and number. */
  Map<String, Long> open() {
    return open;
  }

  long decisions() {
    return decisions;
  }

  long outcomes() {
    return outcomes;
  }

  long unknownOutcomes() {
    return unknownOutcomes;
  }
}
