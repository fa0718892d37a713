// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The canonical bytes of a parsed leaf (RFC 8785), made by other code than the log's own encoder,
 * so that a fault of one does not hide in both.
 */
final class CanonicalForm {
  private static final long NUMBER_MAX = (1L << 53) - 1;

  private final StringBuilder out = new StringBuilder(1024);

  private CanonicalForm() {}

  /** The bytes, or null when the tree holds what no leaf may: null, fractions, too big numbers. */
  static byte @Nullable [] of(JsonNode leaf) {
    CanonicalForm form = new CanonicalForm();
    return form.value(leaf) ? form.out.toString().getBytes(StandardCharsets.UTF_8) : null;
  }

  // As deep as the parser lets a line be.
  private boolean value(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> object(node);
      case ARRAY -> array(node);
      case STRING -> text(node.textValue());
      case BOOLEAN -> append(node.booleanValue() ? "true" : "false");
      case NUMBER ->
          node.isIntegralNumber()
              && node.canConvertToLong()
              && Math.abs(node.longValue()) <= NUMBER_MAX
              && append(Long.toString(node.longValue()));
      case NULL, BINARY, MISSING, POJO -> false;
    };
  }

  private boolean object(JsonNode node) {
    // The order of Java's strings is the order of UTF-16 code units.
    TreeMap<String, JsonNode> members = new TreeMap<>();
    node.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
    char separator = '{';
    for (Map.Entry<String, JsonNode> member : members.entrySet()) {
      out.append(separator);
      text(member.getKey());
      out.append(':');
      if (!value(member.getValue())) {
        return false;
      }
      separator = ',';
    }
    return append(separator == '{' ? "{}" : "}");
  }

  private boolean array(JsonNode node) {
    out.append('[');
    Iterator<JsonNode> elements = node.elements();
    while (elements.hasNext()) {
      if (!value(elements.next())) {
        return false;
      }
      if (elements.hasNext()) {
        out.append(',');
      }
    }
    return append("]");
  }

  private boolean text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\') {
        out.append(c);
        continue;
      }
      int known = "\"\\\b\f\n\r\t".indexOf(c);
      if (known >= 0) {
        out.append('\\').append("\"\\bfnrt".charAt(known));
      } else {
        out.append(String.format("\\u%04x", (int) c));
      }
    }
    return append("\"");
  }

  private boolean append(String text) {
    out.append(text);
    return true;
  }
}
