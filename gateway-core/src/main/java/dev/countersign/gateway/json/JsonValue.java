// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A value inside a {@link JsonDocument}; a view that copies nothing. */
public final class JsonValue {
  /** RFC 7493 section 2.2. */
  private static final long EXACT_INTEGER_MAX = (1L << 53) - 1;

  private final JsonDocument document;
  private final int node;

  JsonValue(JsonDocument document, int node) {
    this.document = document;
    this.node = node;
  }

  /** What it is. */
  public JsonKind kind() {
    return document.kind(node);
  }

  /** Its first byte in the document. */
  public int start() {
    return document.start(node);
  }

  /** The byte after its last. */
  public int end() {
    return document.end(node);
  }

  /** The value of an object's member, or null when there is none or this is no object. */
  public @Nullable JsonValue member(String name) {
    if (kind() != JsonKind.OBJECT) {
      return null;
    }
    int end = document.after(node);
    for (int key = node + 1; key < end; key = document.after(key + 1)) {
      if (nameIs(key, name)) {
        return new JsonValue(document, key + 1);
      }
    }
    return null;
  }

  /** Without a text for each name that it is not. */
  private boolean nameIs(int key, String name) {
    if (document.escaped(key)) {
      return document.text(key).equals(name);
    }
    int from = document.start(key) + 1;
    int length = document.end(key) - 1 - from;
    if (length < name.length()) {
      return false;
    }
    byte[] bytes = document.bytes();
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) > 0x7f) {
        return document.text(key).equals(name);
      }
      if (bytes[from + i] != name.charAt(i)) {
        return false;
      }
    }
    return length == name.length();
  }

  /** An object's members, in order; none when this is no object. */
  public List<JsonMember> members() {
    if (kind() != JsonKind.OBJECT) {
      return List.of();
    }
    List<JsonMember> members = new ArrayList<>();
    int end = document.after(node);
    for (int key = node + 1; key < end; key = document.after(key + 1)) {
      members.add(
          new JsonMember(
              document.text(key), document.start(key), new JsonValue(document, key + 1)));
    }
    return members;
  }

  /** An array's elements, in order; none when this is no array. */
  public List<JsonValue> elements() {
    if (kind() != JsonKind.ARRAY) {
      return List.of();
    }
    List<JsonValue> elements = new ArrayList<>();
    int end = document.after(node);
    for (int element = node + 1; element < end; element = document.after(element)) {
      elements.add(new JsonValue(document, element));
    }
    return elements;
  }

  /** Goes through an object's members or an array's elements; through nothing in a scalar. */
  public JsonCursor cursor() {
    return new JsonCursor(document, node);
  }

  /** How many members or elements it has; 0 for scalars. */
  public int size() {
    int size = 0;
    for (JsonCursor at = cursor(); at.next(); ) {
      size++;
    }
    return size;
  }

  /**
   * A string's text.
   *
   * @throws IllegalStateException when this is no string
   */
  public String text() {
    if (kind() != JsonKind.STRING) {
      throw new IllegalStateException("not a string");
    }
    return document.text(node);
  }

  /** An integer's value within ±(2^53-1) written without fraction or exponent; else empty. */
  public OptionalLong integer() {
    if (kind() != JsonKind.NUMBER || end() - start() > 17) {
      return OptionalLong.empty();
    }
    byte[] bytes = document.bytes();
    boolean negative = bytes[start()] == '-';
    long value = 0;
    for (int i = negative ? start() + 1 : start(); i < end(); i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return OptionalLong.empty();
      }
      value = value * 10 + bytes[i] - '0';
    }
    return value > EXACT_INTEGER_MAX
        ? OptionalLong.empty()
        : OptionalLong.of(negative ? -value : value);
  }

  /**
   * A number's value as a double.
   *
   * @throws IllegalStateException when this is no number
   */
  public double number() {
    if (kind() != JsonKind.NUMBER) {
      throw new IllegalStateException("not a number");
    }
    return Double.parseDouble(new String(raw(), StandardCharsets.US_ASCII));
  }

  /** A copy of its bytes. */
  public byte[] raw() {
    return Arrays.copyOfRange(document.bytes(), start(), end());
  }

  /** Its node in the document's index. */
  int node() {
    return node;
  }

  /** The document it is part of. */
  public JsonDocument document() {
    return document;
  }
}
