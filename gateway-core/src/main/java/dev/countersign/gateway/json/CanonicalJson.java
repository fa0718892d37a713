// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/**
 * The JSON Canonicalization Scheme (RFC 8785): one form for all texts of one value, so that a
 * digest of arguments names what they say and not how they were written.
 *
 * <p>Numbers are ECMAScript's: callers must have refused documents with lossy numbers, whose
 * canonical form would name another value. Recursion is bounded by the document's depth limit.
 */
public final class CanonicalJson {
  /** Beyond, and where names have to be decoded, the library sorts: not each with each. */
  private static final int INSERTION_SORTED_MAX = 16;

  /** A name's text and its node. */
  private record Named(String text, int node) {}

  private final JsonDocument document;
  private final byte[] in;
  private byte[] out;
  private int length;

  private CanonicalJson(JsonValue value) {
    this.document = value.document();
    this.in = document.bytes();
    this.out = new byte[value.end() - value.start() + 8];
  }

  /** The canonical form in UTF-8. */
  public static byte[] bytes(JsonValue value) {
    CanonicalJson form = new CanonicalJson(value);
    form.write(value.node());
    return form.length == form.out.length ? form.out : Arrays.copyOf(form.out, form.length);
  }

  /** A text as a JSON string, quotes included. */
  public static String quoted(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2);
    quote(text, out);
    return out.toString();
  }

  private void write(int node) {
    switch (document.kind(node)) {
      case OBJECT -> object(node);
      case ARRAY -> array(node);
      case STRING -> string(node);
      case NUMBER -> number(node);
      case TRUE, FALSE, NULL -> copy(node);
    }
  }

  private void object(int node) {
    put('{');
    boolean first = true;
    for (int name : sortedNames(node)) {
      if (!first) {
        put(',');
      }
      string(name);
      put(':');
      write(name + 1);
      first = false;
    }
    put('}');
  }

  /** By UTF-16 code units, which is what section 3.2.3 asks for. */
  private int[] sortedNames(int object) {
    int[] names = new int[8];
    int count = 0;
    boolean plain = true;
    for (JsonCursor at = new JsonCursor(document, object); at.next(); ) {
      if (count == names.length) {
        names = Arrays.copyOf(names, count * 2);
      }
      names[count++] = at.nameNode();
      plain &= isPlain(at.nameNode());
    }
    int[] all = Arrays.copyOf(names, count);
    if (plain && count <= INSERTION_SORTED_MAX) {
      sortPlain(all);
      return all;
    }
    sortByText(all);
    return all;
  }

  /** Each name is decoded once, however often it is compared: there may be very many. */
  private void sortByText(int[] names) {
    Named[] texts = new Named[names.length];
    for (int i = 0; i < names.length; i++) {
      texts[i] = new Named(document.text(names[i]), names[i]);
    }
    Arrays.sort(texts, Comparator.comparing(Named::text));
    for (int i = 0; i < names.length; i++) {
      names[i] = texts[i].node;
    }
  }

  /** Whether it is ASCII without escapes, so that its bytes are its code units. */
  private boolean isPlain(int name) {
    if (document.escaped(name)) {
      return false;
    }
    for (int i = document.start(name); i < document.end(name); i++) {
      if (in[i] < 0) {
        return false;
      }
    }
    return true;
  }

  private void sortPlain(int[] names) {
    for (int i = 1; i < names.length; i++) {
      int name = names[i];
      int at = i;
      while (at > 0 && comparePlain(names[at - 1], name) > 0) {
        names[at] = names[at - 1];
        at--;
      }
      names[at] = name;
    }
  }

  private int comparePlain(int a, int b) {
    return Arrays.compare(
        in,
        document.start(a) + 1,
        document.end(a) - 1,
        in,
        document.start(b) + 1,
        document.end(b) - 1);
  }

  private void array(int node) {
    put('[');
    int end = document.after(node);
    for (int element = node + 1; element < end; element = document.after(element)) {
      if (element > node + 1) {
        put(',');
      }
      write(element);
    }
    put(']');
  }

  /** What is written without escapes needs none. */
  private void string(int node) {
    if (document.escaped(node)) {
      StringBuilder text = new StringBuilder(document.end(node) - document.start(node));
      quote(document.text(node), text);
      put(text.toString());
    } else {
      copy(node);
    }
  }

  private void number(int node) {
    if (isCanonicalInteger(node)) {
      copy(node);
      return;
    }
    StringBuilder text = new StringBuilder(24);
    number(
        Double.parseDouble(
            new String(
                in,
                document.start(node),
                document.end(node) - document.start(node),
                StandardCharsets.US_ASCII)),
        text);
    put(text.toString());
  }

  /** Digits alone, no more than survive a double: printed as they are. Not so minus zero. */
  private boolean isCanonicalInteger(int node) {
    int from = document.start(node);
    int end = document.end(node);
    if (in[from] == '-') {
      from++;
      if (in[from] == '0') {
        return false;
      }
    }
    if (end - from > ExactNumbers.SAFE_DIGITS) {
      return false;
    }
    for (int i = from; i < end; i++) {
      if (in[i] < '0' || in[i] > '9') {
        return false;
      }
    }
    return true;
  }

  private void copy(int node) {
    int from = document.start(node);
    int count = document.end(node) - from;
    ensure(count);
    System.arraycopy(in, from, out, length, count);
    length += count;
  }

  private void put(char ascii) {
    ensure(1);
    out[length++] = (byte) ascii;
  }

  private void put(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ensure(bytes.length);
    System.arraycopy(bytes, 0, out, length, bytes.length);
    length += bytes.length;
  }

  private void ensure(int more) {
    if (out.length - length < more) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, length + more));
    }
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
