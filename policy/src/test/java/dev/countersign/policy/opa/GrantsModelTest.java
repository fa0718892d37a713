// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Evaluator;
import dev.countersign.policy.Grant;
import dev.countersign.policy.Grants;
import dev.countersign.policy.Requests;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Verdict;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The compiled policy against the obvious program, on grants and requests made by chance from few
 * characters, so that patterns often nearly match. A failure names its seed.
 */
class GrantsModelTest {
  private static final int SETS = 50;
  private static final int ASKS = 100;
  private static final String LETTERS = "ab/:aab/";
  private static final List<String> SERVERS = List.of("s", "a", "ab", "ba");
  private static final List<String> SERVER_GLOBS =
      List.of("s", "a", "ab", "*", "a*", "*a", "a*b", "*a*");
  private static final List<Effect> EFFECTS = List.of(Effect.values());
  private static final List<String> WORDS =
      List.of("", "", "", "resource:", "prompt:", "task:", "sampling:", "elicitation:", "roots:");
  private static final Map<String, List<String>> QUESTIONS =
      Map.of(
          "sampling:", List.of("createMessage", "*", "**"),
          "elicitation:", List.of("form", "url/a", "url/*a", "url/**", "url/a*b", "*", "**"),
          "roots:", List.of("list", "*", "**"));
  private static final List<TargetKind> KINDS = List.of(TargetKind.values());

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void decidesAsTheObviousProgramDoes(long seed) {
    Random random = new Random(seed);
    Map<String, Integer> seen = new HashMap<>();
    for (int set = 0; set < SETS; set++) {
      List<Grant> grants = grants(random);
      Evaluator evaluator = WasmEngine.shipped(grants).newEvaluator();
      for (int i = 0; i < ASKS; i++) {
        AccessRequest request = request(random, grants);
        String due = GrantsModel.decide(grants, request);
        assertThat(answer(evaluator.evaluate(request).join()))
            .as("seed %d, set %d: %s of %s", seed, set, request, grants)
            .isEqualTo(due);
        seen.merge(due.substring(0, due.indexOf(' ')), 1, Integer::sum);
      }
    }
    // Chance has to have reached every branch often, or this proves little.
    assertThat(seen).containsOnlyKeys("allow", "deny", "approve");
    assertThat(seen.values()).allMatch(times -> times > 200);
  }

  private static String answer(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Answer answer -> answer.decision() + " " + answer.rule();
      case Verdict.Unusable unusable -> unusable.toString();
    };
  }

  private static List<Grant> grants(Random random) {
    List<Grant> grants = new ArrayList<>();
    int count = 1 + random.nextInt(12);
    while (grants.size() < count) {
      Grant grant =
          new Grant(
              "g" + grants.size(),
              many(random, 1, GrantsModelTest::glob),
              many(random, 0, GrantsModelTest::target),
              many(random, 0, GrantsModelTest::target),
              random.nextInt(3) == 0 ? many(random, 0, GrantsModelTest::target) : List.of(),
              List.of("group:g" + grants.size()),
              effects(random),
              -1);
      if (Grants.problems(grant).isEmpty()) {
        grants.add(grant);
      }
    }
    return grants;
  }

  private static <T> T one(Random random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private interface Maker {
    String make(Random random);
  }

  private static List<String> many(Random random, int least, Maker maker) {
    List<String> texts = new ArrayList<>();
    int count = least + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      texts.add(maker.make(random));
    }
    return texts;
  }

  private static Set<Effect> effects(Random random) {
    Set<Effect> effects = EnumSet.noneOf(Effect.class);
    if (random.nextInt(3) == 0) {
      effects.add(one(random, EFFECTS));
      effects.add(one(random, EFFECTS));
    }
    return effects;
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    int length = 1 + random.nextInt(7);
    for (int i = 0; i < length; i++) {
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return text.toString();
  }

  private static String glob(Random random) {
    StringBuilder glob = new StringBuilder();
    int parts = 1 + random.nextInt(5);
    for (int i = 0; i < parts; i++) {
      switch (random.nextInt(4)) {
        case 0 -> glob.append("*");
        case 1 -> glob.append("**");
        default -> glob.append(text(random), 0, 1);
      }
    }
    return glob.toString();
  }

  private static String target(Random random) {
    String word = one(random, WORDS);
    List<String> names = QUESTIONS.get(word);
    return word
        + one(random, SERVER_GLOBS)
        + "/"
        + (names == null ? glob(random) : one(random, names));
  }

  /** Half of the texts are made by filling the stars of a pattern. */
  private static AccessRequest request(Random random, List<Grant> grants) {
    Grant grant = grants.get(random.nextInt(grants.size()));
    String caller =
        random.nextBoolean() ? text(random) : filled(random, grant.callers().getFirst());
    TargetKind kind = one(random, KINDS);
    Effect effect = random.nextInt(3) == 0 ? null : one(random, EFFECTS);
    String server = one(random, SERVERS);
    String name = text(random);
    List<String> own = new ArrayList<>(grant.allow());
    own.addAll(grant.approve());
    own.addAll(grant.deny());
    if (!own.isEmpty() && random.nextInt(4) != 0) {
      String pattern = own.get(random.nextInt(own.size()));
      if (kind != TargetKind.SERVER && random.nextInt(4) != 0) {
        kind = kind(pattern, random);
      }
      String plain = GrantsModel.plain(pattern);
      int slash = plain.indexOf('/');
      server = filled(random, plain.substring(0, slash)).replaceAll("[/:]", "");
      name = filled(random, plain.substring(slash + 1));
    }
    return Requests.of(caller, server, kind, name, effect);
  }

  private static TargetKind kind(String pattern, Random random) {
    return switch (GrantsModel.word(pattern)) {
      case "resource:" -> random.nextBoolean() ? TargetKind.RESOURCE : TargetKind.RESOURCE_TEMPLATE;
      case "prompt:" -> TargetKind.PROMPT;
      case "task:" -> TargetKind.TASK;
      case "sampling:" -> TargetKind.SAMPLING;
      case "elicitation:" -> TargetKind.ELICITATION;
      case "roots:" -> TargetKind.ROOTS;
      default -> TargetKind.TOOL;
    };
  }

  private static String filled(Random random, String glob) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < glob.length(); i++) {
      if (glob.charAt(i) != '*') {
        text.append(glob.charAt(i));
      } else if (random.nextInt(3) != 0) {
        text.append(text(random));
      }
    }
    return text.toString();
  }
}
