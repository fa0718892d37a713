// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a gateway's log says, whether or not it still runs. */
final class Records {
  private static final int NEWEST_MAX = 100;

  private final AuditReader reader;

  Records(Path directory) {
    this.reader = new AuditReader(directory);
  }

  /**
   * Both leaves of a call.
   *
   * @param decision before anything was sent
   * @param outcome how it ended
   */
  record Call(JsonNode decision, JsonNode outcome) {
    /** The outcome's word, such as {@code answered}. */
    String result() {
      return outcome.path("result").asText();
    }
  }

  /** The newest permitted call of a tool, once its outcome is written. */
  Call ended(String tool) {
    return ended("tools/call", tool);
  }

  /** The newest permitted call of a method, once its outcome is written. */
  Call ended(String method, @Nullable String target) {
    List<JsonNode> leaves = new ArrayList<>();
    Await.until(
        "the outcome of " + method + " " + target,
        () -> {
          leaves.clear();
          leaves.addAll(newest(method, target));
          return leaves.size() == 2;
        });
    return new Call(leaves.getFirst(), leaves.getLast());
  }

  /** The newest decision about a tool, permitted or not; missing if there is none. */
  JsonNode decided(String tool) throws IOException {
    List<JsonNode> leaves = newest("tools/call", tool);
    return leaves.isEmpty() ? PeerProcess.JSON.missingNode() : leaves.getFirst();
  }

  /** Every leaf of a kind, oldest first. */
  List<JsonNode> all(String kind) throws IOException {
    List<JsonNode> leaves = new ArrayList<>();
    reader.forEach(
        leaf -> {
          if (leaf.path("kind").asText().equals(kind)) {
            leaves.add(leaf);
          }
        });
    return leaves;
  }

  private List<JsonNode> newest(String method, @Nullable String target) throws IOException {
    return reader.newest(NEWEST_MAX).reversed().stream()
        .filter(leaves -> leaves.getFirst().path("method").asText().equals(method))
        .filter(
            leaves ->
                target == null
                    || leaves.getFirst().path("target").path("name").asText().equals(target))
        .findFirst()
        .orElse(List.of());
  }
}
