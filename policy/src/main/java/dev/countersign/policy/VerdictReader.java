// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the decision document of the contract ({@code docs/policy-input.md}). A document with
 * anything missing, doubled, unknown or of the wrong type is no decision: an obligation that was
 * overlooked because its name was misspelt would be a hole.
 *
 * <p>Stateless; any thread.
 */
public final class VerdictReader {
  private static final int DEPTH_MAX = 16;
  private static final int TEXT_CHARS_MAX = 1024;
  private static final int WORD_CHARS_MAX = 256;
  private static final int ITEMS_MAX = 64;
  private static final int QUORUM_MAX = 100;
  private static final long TTL_SECONDS_MAX = 7 * 24 * 3600L;
  private static final Set<String> MEMBERS = Set.of("decision", "rule", "reasons", "obligations");
  private static final Set<String> OBLIGATIONS =
      Set.of("credential", "approval", "redact", "labels", "durable");
  private static final Set<String> CREDENTIAL = Set.of("scopes", "ttl_s");
  private static final Set<String> APPROVAL = Set.of("groups", "quorum", "ttl_s");
  private static final ObjectReader JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
                  .build())
          .reader()
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private VerdictReader() {}

  /** Reads an OPA result set: an array of one object whose {@code result} is the decision. */
  public static Verdict resultSet(byte[] json) {
    try {
      JsonNode set = tree(json);
      if (set.isArray() && set.isEmpty()) {
        return new Verdict.Unusable(Indeterminate.Cause.UNDEFINED, "the policy said nothing");
      }
      if (!set.isArray() || set.size() != 1 || set.get(0).size() != 1) {
        throw new Malformed("not one result");
      }
      return answer(set.get(0).path("result"));
    } catch (Malformed e) {
      return new Verdict.Unusable(Indeterminate.Cause.MALFORMED, e.why);
    }
  }

  private static JsonNode tree(byte[] json) throws Malformed {
    try (JsonParser parser = JSON.createParser(json)) {
      JsonNode tree = JSON.readTree(parser);
      if (tree == null) {
        throw new Malformed("empty");
      }
      return tree;
    } catch (IOException e) {
      throw new Malformed("not JSON");
    }
  }

  private static Verdict answer(JsonNode document) throws Malformed {
    only(document, MEMBERS, "the decision");
    return new Verdict.Answer(
        text(document, "decision", WORD_CHARS_MAX),
        text(document, "rule", WORD_CHARS_MAX),
        texts(document, "reasons"),
        obligations(document.path("obligations")));
  }

  private static Obligations obligations(JsonNode of) throws Malformed {
    if (of.isMissingNode()) {
      return Obligations.NONE;
    }
    only(of, OBLIGATIONS, "obligations");
    JsonNode credential = of.path("credential");
    if (!credential.isMissingNode()) {
      only(credential, CREDENTIAL, "credential");
    }
    return new Obligations(
        texts(credential, "scopes"),
        credential.has("ttl_s") ? seconds(credential) : null,
        approval(of.path("approval")),
        texts(of, "redact"),
        labels(of.path("labels")),
        of.has("durable") ? durable(text(of, "durable", WORD_CHARS_MAX)) : null);
  }

  private static Durability durable(String word) throws Malformed {
    return switch (word) {
      case "before_forward" -> Durability.BEFORE_FORWARD;
      case "before_release" -> Durability.BEFORE_RELEASE;
      default -> throw new Malformed("durable is an unknown word: " + Texts.quoted(word));
    };
  }

  private static Obligations.@Nullable Approval approval(JsonNode of) throws Malformed {
    if (of.isMissingNode()) {
      return null;
    }
    only(of, APPROVAL, "approval");
    List<String> groups = texts(of, "groups");
    int quorum = of.path("quorum").isInt() ? of.path("quorum").intValue() : 0;
    if (groups.isEmpty() || groups.contains("") || quorum < 1 || quorum > QUORUM_MAX) {
      throw new Malformed("approval needs groups, and a quorum from 1 to " + QUORUM_MAX);
    }
    return new Obligations.Approval(groups, quorum, seconds(of));
  }

  private static Map<String, String> labels(JsonNode of) throws Malformed {
    if (of.isMissingNode()) {
      return Map.of();
    }
    if (!of.isObject() || of.size() > ITEMS_MAX) {
      throw new Malformed("labels is not an object, or too large");
    }
    Map<String, String> labels = new TreeMap<>();
    for (Map.Entry<String, JsonNode> label : of.properties()) {
      if (label.getKey().isEmpty() || label.getKey().length() > WORD_CHARS_MAX) {
        throw new Malformed("a label's name is empty or too long");
      }
      labels.put(label.getKey(), text(of, label.getKey(), TEXT_CHARS_MAX));
    }
    return labels;
  }

  private static Duration seconds(JsonNode of) throws Malformed {
    JsonNode ttl = of.path("ttl_s");
    if (!ttl.isIntegralNumber()
        || !ttl.canConvertToLong()
        || ttl.longValue() < 1
        || ttl.longValue() > TTL_SECONDS_MAX) {
      throw new Malformed("ttl_s is no number from 1 to " + TTL_SECONDS_MAX);
    }
    return Duration.ofSeconds(ttl.longValue());
  }

  private static void only(JsonNode of, Set<String> names, String what) throws Malformed {
    if (!of.isObject()) {
      throw new Malformed(what + " is not an object");
    }
    for (Map.Entry<String, JsonNode> member : of.properties()) {
      if (!names.contains(member.getKey())) {
        throw new Malformed(what + " has an unknown member: " + Texts.quoted(member.getKey()));
      }
    }
  }

  private static String text(JsonNode of, String name, int charsMax) throws Malformed {
    JsonNode text = of.path(name);
    if (!text.isTextual() || text.textValue().isEmpty() || text.textValue().length() > charsMax) {
      throw new Malformed(Texts.quoted(name) + " is missing, empty, too long or not a text");
    }
    return text.textValue();
  }

  private static List<String> texts(JsonNode of, String name) throws Malformed {
    JsonNode array = of.path(name);
    if (array.isMissingNode()) {
      return List.of();
    }
    if (!array.isArray() || array.size() > ITEMS_MAX) {
      throw new Malformed(name + " is not a list, or too long");
    }
    List<String> texts = new ArrayList<>(array.size());
    for (JsonNode text : array) {
      if (!text.isTextual() || text.textValue().length() > TEXT_CHARS_MAX) {
        throw new Malformed(name + " has something that is no text, or too long");
      }
      texts.add(text.textValue());
    }
    return List.copyOf(texts);
  }

  /** Why a document is no decision; caught here, so without a stack trace. */
  private static final class Malformed extends Exception {
    private final String why;

    Malformed(String why) {
      super(why, null, false, false);
      this.why = why;
    }
  }
}
