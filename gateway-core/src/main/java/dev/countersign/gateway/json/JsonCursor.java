// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

/**
 * Goes through the members of an object or the elements of an array, in order, and makes nothing of
 * them but what is asked for. Not for more than one thread.
 */
public final class JsonCursor {
  private final JsonDocument document;
  private final boolean named;
  private final int end;
  private int next;
  private int name = -1;
  private int value = -1;

  JsonCursor(JsonDocument document, int container) {
    JsonKind kind = document.kind(container);
    this.document = document;
    this.named = kind == JsonKind.OBJECT;
    this.next = container + 1;
    this.end = named || kind == JsonKind.ARRAY ? document.after(container) : next;
  }

  /** Goes on to the first or next member or element; false when there is none. */
  public boolean next() {
    if (next >= end) {
      return false;
    }
    name = next;
    value = named ? next + 1 : next;
    next = document.after(value);
    return true;
  }

  /** The first byte of a member's name in the document, after the quote. */
  public int nameStart() {
    return document.start(name) + 1;
  }

  /** The byte after the last of a member's name. */
  public int nameEnd() {
    return document.end(name) - 1;
  }

  /** Whether a member's name is written with escapes. */
  public boolean nameEscaped() {
    return document.escaped(name);
  }

  /** A member's name, escapes undone. */
  public String name() {
    return document.text(name);
  }

  /** What the value is. */
  public JsonKind kind() {
    return document.kind(value);
  }

  /** The value. */
  public JsonValue value() {
    return new JsonValue(document, value);
  }

  /** The node of the name. */
  int nameNode() {
    return name;
  }
}
