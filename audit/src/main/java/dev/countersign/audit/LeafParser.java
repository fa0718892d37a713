// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Lines back to trees: strict, bounded, and independent of the code that wrote them. Any thread.
 */
final class LeafParser {
  /** A leaf has objects and lists in an object, and nothing in those. */
  private static final int DEPTH_MAX = 8;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEPTH_MAX)
                          .maxDocumentLength(LeafEncoder.LINE_BYTES_MAX)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private LeafParser() {}

  /** The leaf, or null when the line is not one JSON object. */
  static @Nullable JsonNode parse(byte[] line) {
    try {
      JsonNode tree = MAPPER.readTree(line);
      return tree != null && tree.isObject() ? tree : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** A text member, or empty when it is absent or of another type. */
  static String text(JsonNode leaf, String name) {
    return leaf.path(name).asText("");
  }

  /** A whole-number member, or -1 when it is absent or of another type. */
  static long number(JsonNode leaf, String name) {
    JsonNode value = leaf.path(name);
    return value.isIntegralNumber() && value.canConvertToLong() ? value.longValue() : -1;
  }

  static boolean isOpening(JsonNode leaf) {
    return text(leaf, "kind").equals("decision") && leaf.path("outcome_expected").asBoolean();
  }

  static boolean isOutcome(JsonNode leaf) {
    return text(leaf, "kind").equals("outcome");
  }
}
