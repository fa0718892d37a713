// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Replaces ranges of a message and keeps every other byte, so that numbers, spacing and unknown
 * members reach the other side as they were written.
 */
public final class BodyEdit {
  private final byte[] original;
  private final List<Change> changes = new ArrayList<>();

  private record Change(int start, int end, byte[] bytes) {}

  public BodyEdit(byte[] original) {
    this.original = original;
  }

  /** Puts bytes in the place of a range. Ranges must not overlap. */
  public BodyEdit replace(int start, int end, byte[] bytes) {
    changes.add(new Change(start, end, bytes));
    return this;
  }

  /** Takes members out of an object; nothing in them may be edited besides. */
  public BodyEdit remove(JsonValue object, Set<String> names) {
    List<JsonMember> members = object.members();
    int from = 0;
    while (from < members.size()) {
      int to = from;
      while (to < members.size() && names.contains(members.get(to).name())) {
        to++;
      }
      if (to > from) {
        boolean last = to == members.size();
        int start = from > 0 ? members.get(from - 1).value().end() : members.getFirst().nameStart();
        int end =
            from > 0 || last ? members.get(to - 1).value().end() : members.get(to).nameStart();
        replace(start, end, new byte[0]);
      }
      from = to + 1;
    }
    return this;
  }

  /** The edited message; the original array when nothing was changed. */
  public byte[] bytes() {
    if (changes.isEmpty()) {
      return original;
    }
    changes.sort(Comparator.comparingInt(Change::start));
    ByteArrayOutputStream out = new ByteArrayOutputStream(original.length + 64);
    int at = 0;
    for (Change change : changes) {
      if (change.start < at) {
        throw new IllegalStateException("overlapping edits");
      }
      out.write(original, at, change.start - at);
      out.writeBytes(change.bytes);
      at = change.end;
    }
    out.write(original, at, original.length - at);
    return out.toByteArray();
  }
}
