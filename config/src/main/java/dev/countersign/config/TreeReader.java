// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.config.ConfigTree.Scalar;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.parser.Parser;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * Text to a tree: the part of YAML that reads the same to every reader, and nothing else. Anchors,
 * aliases, merge keys, tags, directives, further documents, repeated keys and keys that are not text
 * are problems. Works on the parser's events with a stack of its own, so that neither depth nor
 * aliases can cost more than the bounds below.
 */
final class TreeReader {
  static final int CHARS_MAX = 1 << 20;
  static final int DEPTH_MAX = 32;
  static final int NODES_MAX = 50_000;

  private static final String EXPECTED = "plain YAML without anchors, aliases and tags";
  private static final Pattern NOTHING = Pattern.compile("|~|null|Null|NULL");
  private static final Pattern TRUTH = Pattern.compile("true|True|TRUE|false|False|FALSE");
  private static final Pattern NUMBER =
      Pattern.compile(
          "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?"
              + "|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");

  private final Problems problems;
  private final Deque<OpenNode> open = new ArrayDeque<>();
  private @Nullable ConfigTree root;
  private int documents;
  private int nodes;

  private TreeReader(Problems problems) {
    this.problems = problems;
  }

  /** The tree, or null when there is none to go on with; problems say why. */
  static @Nullable ConfigTree read(String text, Problems problems) {
    if (text.length() > CHARS_MAX) {
      problems.error("", "more than 1 MiB", "a settings file of at most 1 MiB");
      return null;
    }
    if (text.startsWith("\uFEFF")) {
      problems.error("", "a byte order mark", "UTF-8 without a byte order mark");
      return null;
    }
    return new TreeReader(problems).read(text);
  }

  private @Nullable ConfigTree read(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setNestingDepthLimit(DEPTH_MAX);
    options.setCodePointLimit(CHARS_MAX);
    Parser parser = new ParserImpl(new StreamReader(text), options);
    try {
      boolean going = true;
      while (going) {
        Event event = parser.getEvent();
        going = !event.is(Event.ID.StreamEnd) && take(event);
      }
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark() == null ? Mark.START : mark(e.getProblemMark());
      problems.error(mark, "", "no YAML: " + Shown.printable("" + e.getProblem()), EXPECTED);
      return null;
    } catch (ReaderException e) {
      problems.error(
          markOf(text, e.getPosition()),
          "",
          "a character that YAML does not allow: " + Shown.quoted(Character.toString(e.getCodePoint())),
          EXPECTED);
      return null;
    } catch (YAMLException e) {
      problems.error("", "no YAML", EXPECTED);
      return null;
    }
    if (root == null && !problems.anyErrors()) {
      problems.error("", "nothing", "settings");
    }
    return root;
  }

  /** Whether to go on. */
  private boolean take(Event event) {
    return switch (event) {
      case DocumentStartEvent start -> document(start);
      case AliasEvent alias -> {
        Mark mark = mark(alias.getStartMark());
        problems.error(mark, here(), "an alias", "the value itself");
        yield node(new ConfigTree.Unusable(mark));
      }
      case ScalarEvent scalar -> {
        decorations(scalar, scalar.getTag());
        yield node(new Scalar(mark(scalar.getStartMark()), scalar.getValue(), type(scalar)));
      }
      case CollectionStartEvent start -> {
        decorations(start, start.getTag());
        yield push(start);
      }
      default -> {
        if (event.is(Event.ID.MappingEnd) || event.is(Event.ID.SequenceEnd)) {
          complete(open.pop().tree());
        }
        yield true;
      }
    };
  }

  private boolean document(DocumentStartEvent start) {
    Mark mark = mark(start.getStartMark());
    documents++;
    if (documents > 1) {
      problems.error(mark, "", "a second document", "one document in a file");
      return false;
    }
    if (start.getVersion() != null || !start.getTags().isEmpty()) {
      problems.error(mark, "", "a directive", "a document without directives");
    }
    return true;
  }

  private void decorations(NodeEvent event, @Nullable String tag) {
    Mark mark = mark(event.getStartMark());
    if (event.getAnchor() != null) {
      problems.error(mark, here(), "an anchor", "a value without an anchor");
    }
    if (tag != null) {
      problems.error(mark, here(), "a tag", "a value without a tag");
    }
  }

  private boolean push(CollectionStartEvent start) {
    Mark mark = mark(start.getStartMark());
    if (open.size() == DEPTH_MAX) {
      problems.error(mark, "", "nesting deeper than " + DEPTH_MAX, "settings");
      return false;
    }
    open.push(new OpenNode(here(), mark, start instanceof MappingStartEvent, problems));
    return count(mark);
  }

  private boolean node(ConfigTree node) {
    complete(node);
    return count(node.mark());
  }

  private void complete(ConfigTree node) {
    OpenNode parent = open.peek();
    if (parent == null) {
      root = node;
    } else {
      parent.take(node);
    }
  }

  private boolean count(Mark mark) {
    nodes++;
    if (nodes > NODES_MAX) {
      problems.error(mark, "", "more than " + NODES_MAX + " values", "settings");
      root = null;
      return false;
    }
    return true;
  }

  private String here() {
    OpenNode parent = open.peek();
    return parent == null ? "" : parent.nextPath();
  }

  private static Scalar.Type type(ScalarEvent event) {
    String text = event.getValue();
    if (!event.isPlain()) {
      return Scalar.Type.TEXT;
    } else if (NOTHING.matcher(text).matches()) {
      return Scalar.Type.NOTHING;
    } else if (TRUTH.matcher(text).matches()) {
      return Scalar.Type.TRUTH;
    }
    return NUMBER.matcher(text).matches() ? Scalar.Type.NUMBER : Scalar.Type.TEXT;
  }

  private static Mark mark(org.yaml.snakeyaml.error.Mark mark) {
    return new Mark(mark.getLine() + 1, mark.getColumn() + 1);
  }

  private static Mark markOf(String text, int position) {
    int end = Math.clamp(position, 0, text.length());
    int line = 1 + (int) text.substring(0, end).chars().filter(c -> c == '\n').count();
    return new Mark(line, end - text.lastIndexOf('\n', Math.max(0, end - 1)));
  }
}
