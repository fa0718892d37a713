// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionEndEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.reader.ReaderException;

/**
 * Text to a tree with positions. Of YAML only what settings need is taken: one document, no
 * anchors, aliases and tags, so that what stands in the file is what is read, once, and no small
 * file becomes a great tree.
 */
final class YamlText {
  private static final int DEPTH_MAX = 32;
  private static final String PLAIN = "YAML without anchors, aliases and tags";

  private final Place file;
  private boolean plain = true;
  private int depth;
  private int documents;

  private YamlText(Place file) {
    this.file = file;
  }

  /** The tree, or null after noting what is wrong, and for a file without content. */
  static @Nullable Node parse(byte[] bytes, Place file) {
    String text = decode(bytes, file);
    return text == null ? null : new YamlText(file).parse(text);
  }

  private @Nullable Node parse(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setNestingDepthLimit(DEPTH_MAX + 1);
    options.setCodePointLimit(Sources.FILE_BYTES_MAX);
    Yaml yaml = new Yaml(options);
    try {
      for (Event event : yaml.parse(new StringReader(text))) {
        see(event);
        if (depth > DEPTH_MAX) {
          return null;
        }
      }
      return plain ? yaml.compose(new StringReader(text)) : null;
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark();
      (mark == null ? file : file.at(mark)).problem("no YAML: " + said(e), PLAIN);
    } catch (ReaderException e) {
      String before = text.substring(0, text.offsetByCodePoints(0, e.getPosition()));
      at(before).problem("a character that YAML does not have", PLAIN);
    } catch (YAMLException e) {
      file.problem("no YAML", PLAIN);
    }
    return null;
  }

  /** What SnakeYAML says, without what it quotes of the text, which may be a secret. */
  private static String said(MarkedYAMLException e) {
    String said = String.valueOf(e.getProblem());
    return said.replaceFirst("(undefined tag handle).*", "$1");
  }

  private void see(Event event) {
    switch (event) {
      case DocumentStartEvent start -> {
        if (++documents > 1) {
          refuse(event, "a second document", "one document");
        }
      }
      case AliasEvent alias -> refuse(event, "an alias", "the value itself: " + PLAIN);
      case CollectionStartEvent start -> {
        if (++depth > DEPTH_MAX) {
          refuse(event, "nesting deeper than " + DEPTH_MAX, "settings, which are not so deep");
        }
        anchorAndTag(start, start.getTag());
      }
      case CollectionEndEvent end -> depth--;
      case ScalarEvent scalar -> anchorAndTag(scalar, scalar.getTag());
      default -> {}
    }
  }

  private void anchorAndTag(NodeEvent event, @Nullable String tag) {
    if (event.getAnchor() != null) {
      refuse(event, "an anchor", PLAIN);
    }
    if (tag != null) {
      refuse(event, "a tag", PLAIN);
    }
  }

  private void refuse(Event event, String found, String expected) {
    plain = false;
    file.at(event.getStartMark()).problem(found, expected);
  }

  private static @Nullable String decode(byte[] bytes, Place file) {
    CharBuffer text = CharBuffer.allocate(bytes.length);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, text, true);
    text.flip();
    if (result.isError()) {
      at(text.toString(), file).problem("bytes that are no UTF-8", "text in UTF-8");
      return null;
    }
    return text.toString();
  }

  private Place at(String before) {
    return at(before, file);
  }

  /** The place after a text. */
  private static Place at(String before, Place file) {
    int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
    int column = before.codePointCount(before.lastIndexOf('\n') + 1, before.length()) + 1;
    return new Place(file.reading(), file.path(), line, column, file.hidden());
  }
}
