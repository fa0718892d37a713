// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads a log, whether or not a gateway writes it meanwhile, in order. Checks nothing; that is
 * {@link AuditVerifier}'s work. The newest leaves of a live log may not be durable yet.
 *
 * <p>Texts in leaves are what callers and servers sent: whoever shows them on a terminal must
 * escape control characters.
 *
 * <p>Any process that may read the files; a reader is confined to one thread.
 */
public final class AuditReader {
  private final Path directory;
  private long passedOver;

  public AuditReader(Path directory) {
    this.directory = directory;
  }

  /**
   * Whether there is a log: at least one segment.
   *
   * @throws IOException when the directory is not there, is none, or cannot be read
   */
  public boolean isThere() throws IOException {
    return !Segments.list(directory).isEmpty();
  }

  /** Lines read so far that were passed over because they are no leaves; 0 for a whole log. */
  public long passedOver() {
    return passedOver;
  }

  /**
   * Gives every leaf to a consumer, oldest first.
   *
   * @throws IOException when the directory or a file cannot be read
   */
  public void forEach(Consumer<JsonNode> consumer) throws IOException {
    for (Path segment : Segments.list(directory)) {
      read(segment, consumer);
    }
  }

  private void read(Path segment, Consumer<JsonNode> consumer) throws IOException {
    try (SegmentReader lines = new SegmentReader(segment)) {
      byte[] line;
      while ((line = lines.next()) != null) {
        JsonNode leaf = LeafParser.parse(line);
        if (leaf == null) {
          passedOver++;
        } else {
          consumer.accept(leaf);
        }
      }
    }
  }

  /**
   * The leaves of one call, oldest first: its decisions, its outcome when there is one, and the
   * leaves of the calls that came of it: what the server asked, its answers, later rounds.
   *
   * @throws IOException when the directory or a file cannot be read
   */
  public List<JsonNode> call(String callId) throws IOException {
    List<JsonNode> leaves = new ArrayList<>();
    if (callId.isEmpty()) {
      return leaves;
    }
    Set<String> family = new HashSet<>(Set.of(callId));
    forEach(
        leaf -> {
          String id = LeafParser.text(leaf, "call_id");
          // A call is decided after the one that led to it, so one pass finds all.
          if (family.contains(id) || family.contains(LeafParser.text(leaf, "parent"))) {
            family.add(id);
            leaves.add(leaf);
          }
        });
    return leaves;
  }

  /**
   * The newest decisions, oldest of them first, each with the outcome that followed it when there
   * is one. Reads no further back than it must.
   *
   * @param max how many, at least 1
   * @throws IOException when the directory or a file cannot be read
   */
  public List<List<JsonNode>> newest(int max) throws IOException {
    List<Path> segments = Segments.list(directory);
    ArrayDeque<List<JsonNode>> newest = new ArrayDeque<>();
    Map<String, JsonNode> outcomes = new HashMap<>();
    for (int i = segments.size() - 1; i >= 0 && newest.size() < max; i--) {
      List<List<JsonNode>> found = decisions(segments.get(i), max, outcomes);
      for (int j = found.size() - 1; j >= 0 && newest.size() < max; j--) {
        newest.addFirst(found.get(j));
      }
    }
    return List.copyOf(newest);
  }

  /**
   * The newest decisions of a segment.
   *
   * @param outcomes outcomes of newer segments whose decisions were not met yet; those of this one
   *     are added
   */
  private List<List<JsonNode>> decisions(Path segment, int max, Map<String, JsonNode> outcomes)
      throws IOException {
    ArrayDeque<List<JsonNode>> found = new ArrayDeque<>();
    Map<String, List<JsonNode>> waiting = new HashMap<>();
    Map<String, JsonNode> orphans = new HashMap<>();
    read(
        segment,
        leaf -> {
          String call = LeafParser.text(leaf, "call_id");
          if (LeafParser.text(leaf, "kind").equals("decision")) {
            List<JsonNode> leaves = new ArrayList<>(2);
            leaves.add(leaf);
            keep(leaves, found, max);
            if (LeafParser.isOpening(leaf)) {
              waiting.put(call, leaves);
            }
          } else if (LeafParser.isOutcome(leaf)) {
            List<JsonNode> leaves = waiting.remove(call);
            if (leaves == null) {
              orphans.put(call, leaf);
            } else {
              leaves.add(leaf);
            }
          }
        });
    waiting.forEach(
        (call, leaves) -> {
          JsonNode outcome = outcomes.remove(call);
          if (outcome != null) {
            leaves.add(outcome);
          }
        });
    outcomes.putAll(orphans);
    return new ArrayList<>(found);
  }

  private static void keep(List<JsonNode> leaves, Deque<List<JsonNode>> found, int max) {
    found.addLast(leaves);
    if (found.size() > max) {
      found.removeFirst();
    }
  }
}
