// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Grants as the data document of the shipped policy. */
public final class Grants {
  private static final int PATTERN_CHARS_MAX = 1024;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private Grants() {}

  /** What is wrong with a grant, in words; empty when nothing is. */
  public static List<String> problems(Grant grant) {
    List<String> problems = new ArrayList<>();
    if (grant.callers().isEmpty()) {
      problems.add("a grant needs a caller");
    }
    if (grant.allow().isEmpty() && grant.approve().isEmpty() && grant.deny().isEmpty()) {
      problems.add("a grant needs allow, approve or deny");
    }
    if (!grant.approve().isEmpty() && grant.approvers().isEmpty()) {
      problems.add("approve needs approvers");
    }
    grant.callers().forEach(glob -> globProblem(glob, problems));
    for (List<String> targets : List.of(grant.allow(), grant.approve(), grant.deny())) {
      for (String target : targets) {
        globProblem(target, problems);
        String plain = plain(target);
        int slash = plain.indexOf('/');
        if (slash <= 0 || slash == plain.length() - 1) {
          problems.add("expected server/tool, found \"" + printable(target) + "\"");
        } else if (plain.substring(0, slash).contains("**")) {
          problems.add("a server's name has no separators, use one star: \"" + target + "\"");
        }
      }
    }
    return problems;
  }

  private static void globProblem(String glob, List<String> problems) {
    if (glob.isEmpty()
        || glob.length() > PATTERN_CHARS_MAX
        || glob.contains("***")
        || glob.codePoints().anyMatch(Character::isISOControl)) {
      problems.add(
          "a pattern is empty, too long, or has control characters or three stars: \""
              + printable(glob)
              + "\"");
    }
  }

  private static String printable(String text) {
    StringBuilder printable = new StringBuilder();
    text.codePoints()
        .filter(c -> !Character.isISOControl(c))
        .limit(80)
        .forEach(printable::appendCodePoint);
    return printable.toString();
  }

  /** The data document, the same bytes for the same grants. */
  public static byte[] data(List<Grant> grants) {
    ObjectNode data = JSON.objectNode();
    ArrayNode names = data.putArray("names");
    ArrayNode approvers = data.putArray("approvers");
    PatternIndex callers = new PatternIndex();
    Map<String, Targets> byCaller = new LinkedHashMap<>();
    for (int i = 0; i < grants.size(); i++) {
      Grant grant = grants.get(i);
      names.add("grants/" + grant.name());
      ArrayNode groups = approvers.addArray();
      grant.approvers().forEach(groups::add);
      for (String caller : grant.callers()) {
        Targets targets = byCaller.get(caller);
        if (targets == null) {
          targets = new Targets();
          callers.add(caller, JSON.textNode(Integer.toString(byCaller.size())));
          byCaller.put(caller, targets);
        }
        targets.add(grant, i);
      }
    }
    data.set("callers", callers.json());
    ObjectNode targets = data.putObject("targets");
    int id = 0;
    for (Targets of : byCaller.values()) {
      targets.set(Integer.toString(id++), of.json());
    }
    ObjectNode root = JSON.objectNode();
    root.set("grants", data);
    try {
      return new ObjectMapper().writeValueAsBytes(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree could not be written", e);
    }
  }

  private static String plain(String target) {
    for (String prefix : List.of("resource:", "prompt:")) {
      if (target.startsWith(prefix)) {
        return target.substring(prefix.length());
      }
    }
    return target;
  }

  /** What one caller pattern has been given. */
  private static final class Targets {
    private final Map<String, PatternIndex> indexes = new LinkedHashMap<>();

    void add(Grant grant, int order) {
      grant.allow().forEach(target -> add(grant, order, "allow", target));
      grant.approve().forEach(target -> add(grant, order, "approve", target));
      grant.deny().forEach(target -> add(grant, order, "deny", target));
    }

    private void add(Grant grant, int order, String verb, String target) {
      ObjectNode entry = JSON.objectNode().put("grant", order).put("do", verb);
      if (!grant.effects().isEmpty() && !verb.equals("deny")) {
        ArrayNode effects = entry.putArray("effects");
        grant.effects().stream()
            .map(effect -> effect.name().toLowerCase(Locale.ROOT))
            .sorted()
            .forEach(effects::add);
      }
      String kind = "tools";
      if (target.startsWith("resource:")) {
        kind = "resources";
      } else if (target.startsWith("prompt:")) {
        kind = "prompts";
      }
      String plain = plain(target);
      index(kind).add(plain, entry);
      if (!verb.equals("deny")) {
        String server = plain.substring(0, plain.indexOf('/'));
        index("servers").add(server, JSON.objectNode().put("grant", order));
      }
    }

    private PatternIndex index(String kind) {
      return indexes.computeIfAbsent(kind, key -> new PatternIndex());
    }

    ObjectNode json() {
      ObjectNode json = JSON.objectNode();
      indexes.forEach((kind, index) -> json.set(kind, index.json()));
      return json;
    }
  }
}
