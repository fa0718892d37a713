// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * One mapping of the file. Each question takes a key out and answers a value that can be used, or a
 * stand-in after noting the problem, so that reading goes on and finds the next one. Keys that
 * nobody asked for are problems too.
 */
final class Section {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})(KiB|MiB|GiB)?");

  private final String file;
  private final String path;
  private final int line;
  private final Path base;
  private final List<Problem> problems;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Integer> lines = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();

  Section(String file, String path, @Nullable Node node, Path base, List<Problem> problems) {
    this.file = file;
    this.path = path;
    this.base = base;
    this.problems = problems;
    this.line = node == null ? 1 : node.getStartMark().getLine() + 1;
    if (node instanceof MappingNode mapping) {
      mapping.getValue().forEach(this::take);
    } else if (node != null && !isNull(node)) {
      problem("", node, shown(node), "a mapping");
    }
  }

  private void take(NodeTuple entry) {
    Node key = entry.getKeyNode();
    if (!(key instanceof ScalarNode scalar)) {
      problem("", key, "a key that is not text", "a name");
      return;
    }
    if (values.put(scalar.getValue(), entry.getValueNode()) != null) {
      problem(scalar.getValue(), key, "the key a second time", "each key once");
    }
    lines.put(scalar.getValue(), key.getStartMark().getLine() + 1);
  }

  /** Notes every key that was not asked for. */
  void done() {
    for (String key : values.keySet()) {
      if (!asked.contains(key)) {
        int at = lines.getOrDefault(key, line);
        problems.add(new Problem(file, at, full(key), "an unknown key", nearest(key)));
      }
    }
  }

  private String nearest(String key) {
    return asked.stream()
        .min(Comparator.comparingInt(known -> distance(known, key)))
        .filter(known -> distance(known, key) <= 3)
        .map(known -> "perhaps \"" + known + "\"")
        .orElse("one of " + String.join(", ", asked));
  }

  /** Levenshtein distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }

  /** The keys that are there, for mappings whose keys are names. */
  List<String> names() {
    asked.addAll(values.keySet());
    return List.copyOf(values.keySet());
  }

  boolean has(String key) {
    asked.add(key);
    return values.containsKey(key);
  }

  int line(String key) {
    return lines.getOrDefault(key, line);
  }

  int line() {
    return line;
  }

  Section section(String key) {
    asked.add(key);
    return new Section(file, full(key), values.get(key), base, problems);
  }

  List<Section> sections(String key) {
    asked.add(key);
    Node node = values.get(key);
    List<Section> sections = new ArrayList<>();
    if (node instanceof SequenceNode sequence) {
      for (Node element : sequence.getValue()) {
        sections.add(
            new Section(file, full(key) + "[" + sections.size() + "]", element, base, problems));
      }
    } else if (node != null && !isNull(node)) {
      problem(key, node, shown(node), "a list");
    }
    return sections;
  }

  @Nullable String text(String key) {
    asked.add(key);
    Node node = values.get(key);
    if (node == null || isNull(node)) {
      return null;
    }
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    problem(key, node, shown(node), "text");
    return null;
  }

  String required(String key, String expected) {
    String text = text(key);
    if (text == null || text.isBlank()) {
      problem(key, "nothing", expected);
      return "";
    }
    return text;
  }

  /** Text or a list of texts. */
  List<String> texts(String key) {
    asked.add(key);
    Node node = values.get(key);
    List<String> texts = new ArrayList<>();
    if (node instanceof ScalarNode scalar && !isNull(node)) {
      texts.add(scalar.getValue());
    } else if (node instanceof SequenceNode sequence) {
      for (Node element : sequence.getValue()) {
        if (element instanceof ScalarNode scalar) {
          texts.add(scalar.getValue());
        } else {
          problem(key, element, shown(element), "text");
        }
      }
    } else if (node instanceof MappingNode) {
      problem(key, node, shown(node), "text or a list of texts");
    }
    return texts;
  }

  int number(String key, int otherwise, int min, int max) {
    return (int) whole(key, otherwise, min, max, Pattern.compile("(\\d{1,9})()"), "a number");
  }

  long bytes(String key, long otherwise, long min, long max) {
    return whole(key, otherwise, min, max, SIZE, "a size such as 64KiB");
  }

  private long whole(
      String key, long otherwise, long min, long max, Pattern pattern, String expected) {
    String text = text(key);
    if (text == null) {
      return otherwise;
    }
    Matcher matcher = pattern.matcher(text);
    if (!matcher.matches()) {
      problem(key, quoted(text), expected);
      return otherwise;
    }
    String unit = matcher.group(2) == null ? "" : matcher.group(2);
    long factor =
        switch (unit) {
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          default -> 1;
        };
    long value = Long.parseLong(matcher.group(1)) * factor;
    if (value < min || value > max) {
      problem(key, quoted(text), "between " + min + " and " + max);
      return otherwise;
    }
    return value;
  }

  Duration duration(String key, Duration otherwise, Duration min, Duration max) {
    String text = text(key);
    if (text == null) {
      return otherwise;
    }
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      problem(key, quoted(text), "a duration such as 500ms, 10s, 5m or 1h");
      return otherwise;
    }
    long amount = Long.parseLong(matcher.group(1));
    Duration value =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          default -> Duration.ofHours(amount);
        };
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      problem(key, quoted(text), "between " + shown(min) + " and " + shown(max));
      return otherwise;
    }
    return value;
  }

  InetSocketAddress address(String key, String otherwise) {
    String text = text(key);
    String given = text == null ? otherwise : text;
    int colon = given.lastIndexOf(':');
    String host = colon < 0 ? "" : given.substring(0, colon).replaceAll("^\\[|\\]$", "");
    String port = given.substring(colon + 1);
    if (host.isEmpty()
        || !port.matches("\\d{1,5}")
        || Integer.parseInt(port) > 65535
        || !(host.matches("[0-9.]+") || host.contains(":") || host.equals("localhost"))) {
      problem(key, quoted(given), "an IP address and a port such as 127.0.0.1:8080");
      return InetSocketAddress.createUnresolved("127.0.0.1", 0);
    }
    return new InetSocketAddress(host, Integer.parseInt(port));
  }

  /** An http or https URL without user info, query and fragment; null after a problem. */
  @Nullable URI url(String key, String text) {
    try {
      URI url = URI.create(text);
      boolean http = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
      if (http
          && url.getHost() != null
          && url.getRawUserInfo() == null
          && url.getRawQuery() == null
          && url.getRawFragment() == null) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      // Said below, like every other text that is no such URL.
      asked.add(key);
    }
    problem(key, quoted(text), "an http or https URL without query and fragment");
    return null;
  }

  /** A file that can be read, relative to the settings' folder; null when the key is absent. */
  @Nullable Path file(String key) {
    String text = text(key);
    if (text == null) {
      return null;
    }
    Path file = base.resolve(text);
    if (!Files.isReadable(file)) {
      problem(key, quoted(text), "a file that can be read");
    }
    return file;
  }

  Path base() {
    return base;
  }

  void problem(String key, String found, String expected) {
    problems.add(new Problem(file, line(key), full(key), found, expected));
  }

  private void problem(String key, Node at, String found, String expected) {
    problems.add(new Problem(file, at.getStartMark().getLine() + 1, full(key), found, expected));
  }

  static String quoted(String text) {
    String cut = text.length() > 80 ? text.substring(0, 80) + "…" : text;
    return "\"" + cut.replaceAll("\\p{Cntrl}", "?") + "\"";
  }

  private static String shown(Duration duration) {
    return duration.toMillis() < 1000 ? duration.toMillis() + "ms" : duration.toSeconds() + "s";
  }

  private static String shown(Node node) {
    return switch (node) {
      case ScalarNode scalar -> quoted(scalar.getValue());
      case SequenceNode list -> "a list";
      default -> "a mapping";
    };
  }

  private static boolean isNull(Node node) {
    return node instanceof ScalarNode scalar
        && (scalar.getValue().isEmpty() || scalar.getValue().equals("null"))
        && scalar.isPlain();
  }

  private String full(String key) {
    if (path.isEmpty()) {
      return key.isEmpty() ? "(file)" : key;
    }
    return key.isEmpty() ? path : path + "." + key;
  }
}
