// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the decision document of the contract; whatever is not exactly one is refused. */
public final class VerdictReader {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, Verdict.Outcome> OUTCOMES =
      Map.of(
          "allow", Verdict.Outcome.ALLOW,
          "deny", Verdict.Outcome.DENY,
          "approve", Verdict.Outcome.APPROVE,
          "step_up", Verdict.Outcome.STEP_UP);

  private VerdictReader() {}

  /**
   * Reads an OPA result set: an array of one object whose {@code result} is the decision.
   *
   * @throws VerdictException when it is empty or anything else
   */
  public static Verdict resultSet(byte[] json) throws VerdictException {
    JsonNode set;
    try {
      set = JSON.readTree(json);
    } catch (IOException e) {
      throw malformed("not JSON");
    }
    if (!set.isArray() || set.isEmpty()) {
      throw new VerdictException(Indeterminate.Cause.UNDEFINED, "the policy said nothing");
    }
    if (set.size() != 1 || !set.get(0).has("result")) {
      throw malformed("not one result");
    }
    return decision(set.get(0).get("result"));
  }

  private static Verdict decision(JsonNode document) throws VerdictException {
    JsonNode word = document.path("decision");
    Verdict.Outcome outcome = word.isTextual() ? OUTCOMES.get(word.textValue()) : null;
    JsonNode rule = document.path("rule");
    if (outcome == null || !rule.isTextual() || rule.textValue().isEmpty()) {
      throw malformed("no decision or no rule");
    }
    JsonNode obligations = document.path("obligations");
    if (!obligations.isMissingNode() && !obligations.isObject()) {
      throw malformed("obligations are not an object");
    }
    return new Verdict(
        outcome,
        rule.textValue(),
        texts(document.path("reasons"), "reasons"),
        new Obligations(durability(obligations.path("durable")), approval(obligations)),
        texts(document.path("scopes"), "scopes"));
  }

  private static @Nullable Durability durability(JsonNode durable) throws VerdictException {
    if (durable.isMissingNode()) {
      return null;
    }
    return switch (durable.asText()) {
      case "before_forward" -> Durability.BEFORE_FORWARD;
      case "before_release" -> Durability.BEFORE_RELEASE;
      default -> throw malformed("an unknown durability");
    };
  }

  private static Obligations.@Nullable Approval approval(JsonNode obligations)
      throws VerdictException {
    JsonNode approval = obligations.path("approval");
    if (approval.isMissingNode()) {
      return null;
    }
    int quorum = approval.path("quorum").asInt(1);
    int seconds = approval.path("ttl_s").asInt(600);
    if (!approval.isObject() || quorum < 1 || seconds < 1) {
      throw malformed("an approval that cannot be given");
    }
    return new Obligations.Approval(
        texts(approval.path("groups"), "groups"), quorum, Duration.ofSeconds(seconds));
  }

  private static List<String> texts(JsonNode array, String what) throws VerdictException {
    if (array.isMissingNode()) {
      return List.of();
    }
    if (!array.isArray()) {
      throw malformed(what + " are not a list");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode text : array) {
      if (!text.isTextual()) {
        throw malformed(what + " are not texts");
      }
      texts.add(text.textValue());
    }
    return texts;
  }

  private static VerdictException malformed(String detail) {
    return new VerdictException(Indeterminate.Cause.MALFORMED, detail);
  }
}
