// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Grant;
import dev.countersign.policy.InputWriter;
import dev.countersign.policy.Requests;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The corpus that every engine answers alike: grants, and what is asked of them with the decision
 * that is due.
 *
 * @param about what it is about
 * @param grants the grants
 * @param asks what is asked
 */
record Corpus(String about, List<Grant> grants, List<Ask> asks) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> NAMES =
      List.of(
          "defaults",
          "verbs",
          "effects",
          "servers",
          "kinds",
          "questions",
          "globs",
          "unicode",
          "traps");

  /**
   * One question.
   *
   * @param because why that decision is due
   * @param request the question
   * @param expected the decision that is due, and more of it where the corpus says more
   */
  record Ask(String because, AccessRequest request, JsonNode expected) {
    String decision() {
      return expected.path("decision").textValue();
    }

    String rule() {
      return expected.path("rule").textValue();
    }

    /** The lean input, as engines get it. */
    byte[] input() {
      InputWriter writer = new InputWriter(1 << 16);
      writer.lean(request);
      return Arrays.copyOf(writer.bytes(), writer.length());
    }

    @Override
    public String toString() {
      return because + ": " + new String(input(), StandardCharsets.UTF_8);
    }
  }

  static Stream<Corpus> all() {
    return NAMES.stream().map(Corpus::read);
  }

  @Override
  public String toString() {
    return about;
  }

  private static Corpus read(String name) {
    try (InputStream in = Corpus.class.getResourceAsStream("/corpus/" + name + ".json")) {
      if (in == null) {
        throw new IllegalStateException("no corpus " + name);
      }
      JsonNode tree = JSON.readTree(in);
      List<Grant> grants = new ArrayList<>();
      tree.path("grants").forEach(grant -> grants.add(grant(grant)));
      List<Ask> asks = new ArrayList<>();
      tree.path("asks").forEach(ask -> asks.add(ask(ask)));
      return new Corpus(tree.path("about").textValue(), grants, asks);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Grant grant(JsonNode from) {
    Set<Effect> effects = new LinkedHashSet<>();
    texts(from, "effects").forEach(text -> effects.add(effect(text)));
    return new Grant(
        from.path("name").textValue(),
        texts(from, "caller"),
        texts(from, "allow"),
        texts(from, "approve"),
        texts(from, "deny"),
        texts(from, "approvers"),
        effects,
        -1);
  }

  private static Ask ask(JsonNode from) {
    return new Ask(
        from.path("because").textValue(),
        Requests.with(
            from.path("caller").textValue(),
            from.path("server").textValue(),
            TargetKind.valueOf(upper(from.path("kind").textValue())),
            from.path("name").textValue(),
            from.has("effect") ? effect(from.path("effect").textValue()) : null,
            Trigger.valueOf(upper(from.path("trigger").asText("request"))),
            null),
        from);
  }

  private static Effect effect(String text) {
    return Effect.valueOf(upper(text));
  }

  private static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  private static List<String> texts(JsonNode from, String name) {
    List<String> texts = new ArrayList<>();
    from.path(name).forEach(text -> texts.add(text.textValue()));
    return texts;
  }
}
