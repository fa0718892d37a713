// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The JSON Canonicalization Scheme (RFC 8785): one form for all texts of one value, so that a
 * digest of arguments names what they say and not how they were written.
 *
 * <p>Numbers are ECMAScript's: callers must have refused documents with lossy numbers, whose
 * canonical form would name another value. Recursion is bounded by the document's depth limit.
 */
public final class CanonicalJson {
  private CanonicalJson() {}

  /** The canonical form in UTF-8. */
  public static byte[] bytes(JsonValue value) {
    StringBuilder out = new StringBuilder(value.end() - value.start());
    write(value, out);
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** A text as a JSON string, quotes included. */
  public static String quoted(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2);
    quote(text, out);
    return out.toString();
  }

  private static void write(JsonValue value, StringBuilder out) {
    switch (value.kind()) {
      case OBJECT -> object(value, out);
      case ARRAY -> array(value, out);
      case STRING -> quote(value.text(), out);
      case NUMBER -> number(value.number(), out);
      case TRUE -> out.append("true");
      case FALSE -> out.append("false");
      case NULL -> out.append("null");
    }
  }

  private static void object(JsonValue value, StringBuilder out) {
    List<JsonMember> members = new ArrayList<>(value.members());
    // String's order is by UTF-16 code units, which is what section 3.2.3 asks for.
    members.sort(Comparator.comparing(JsonMember::name));
    out.append('{');
    String separator = "";
    for (JsonMember member : members) {
      out.append(separator);
      quote(member.name(), out);
      out.append(':');
      write(member.value(), out);
      separator = ",";
    }
    out.append('}');
  }

  private static void array(JsonValue value, StringBuilder out) {
    out.append('[');
    String separator = "";
    for (JsonValue element : value.elements()) {
      out.append(separator);
      write(element, out);
      separator = ",";
    }
    out.append(']');
  }

  private static void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /** ECMA-262, Number::toString, from the fewest digits that name the double. */
  static void number(double value, StringBuilder out) {
    if (value == 0) {
      out.append('0');
      return;
    }
    if (value < 0) {
      out.append('-');
    }
    String shortest = Double.toString(Math.abs(value));
    int e = shortest.indexOf('E');
    String mantissa = e < 0 ? shortest : shortest.substring(0, e);
    int exponent = e < 0 ? 0 : Integer.parseInt(shortest.substring(e + 1));
    int point = mantissa.indexOf('.');
    String digits = mantissa.substring(0, point) + mantissa.substring(point + 1);
    int scale = point + exponent;
    int lead = 0;
    while (digits.charAt(lead) == '0') {
      lead++;
    }
    digits = digits.substring(lead);
    scale -= lead;
    digits = digits.replaceFirst("0+$", "");
    if (digits.length() == 2) {
      // Java prints two digits at least; where one is enough ECMAScript prints one.
      int rounded = (Integer.parseInt(digits) + 5) / 10;
      if (Double.parseDouble(rounded + "E" + (scale - 1)) == Math.abs(value)) {
        digits = rounded < 10 ? Integer.toString(rounded) : "1";
        scale += rounded / 10;
      }
    }
    layOut(digits, scale, out);
  }

  /** The value is {@code 0.digits * 10^scale}. */
  private static void layOut(String digits, int scale, StringBuilder out) {
    int count = digits.length();
    if (count <= scale && scale <= 21) {
      out.append(digits).append("0".repeat(scale - count));
    } else if (0 < scale && scale <= 21) {
      out.append(digits, 0, scale).append('.').append(digits, scale, count);
    } else if (-6 < scale && scale <= 0) {
      out.append("0.").append("0".repeat(-scale)).append(digits);
    } else {
      int power = scale - 1;
      out.append(digits.charAt(0));
      if (count > 1) {
        out.append('.').append(digits, 1, count);
      }
      out.append('e').append(power < 0 ? '-' : '+').append(Math.abs(power));
    }
  }
}
