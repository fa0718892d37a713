// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.util.Arrays;

/**
 * The nodes of a document while it is read, in document order; grows, within the bound on tokens.
 * {@link JsonDocument} says what an entry is.
 */
final class JsonIndex {
  private static final int STRIDE = JsonDocument.STRIDE;
  private static final int BYTES_PER_NODE = 8;
  private static final int FIRST_INTS_MIN = 16;
  private static final int FIRST_INTS_MAX = 1024;
  private static final int TRIMMED_INTS_MIN = 16 << 10;

  private final int tokensMax;
  private int[] entries;
  private int nodes;

  JsonIndex(int bytes, int tokensMax) {
    this.tokensMax = tokensMax;
    this.entries =
        new int[STRIDE * Math.clamp(bytes / BYTES_PER_NODE, FIRST_INTS_MIN, FIRST_INTS_MAX)];
  }

  int nodes() {
    return nodes;
  }

  /** The nodes; without what it had grown too large by, where that is worth a copy. */
  int[] entries() {
    int used = nodes * STRIDE;
    return entries.length > TRIMMED_INTS_MIN && entries.length - used > entries.length / 8
        ? Arrays.copyOf(entries, used)
        : entries;
  }

  /** Begins a node. */
  @SuppressWarnings("EnumOrdinal") // the index lives no longer than the process
  int add(JsonKind kind, int start) throws JsonRefusedException {
    if (nodes == tokensMax) {
      throw new JsonRefusedException(JsonFault.TOKENS, start);
    }
    int base = nodes * STRIDE;
    if (base == entries.length) {
      entries = Arrays.copyOf(entries, entries.length * 2);
    }
    entries[base] = kind.ordinal();
    entries[base + 1] = start;
    entries[base + 3] = nodes + 1;
    return nodes++;
  }

  void end(int node, int end) {
    entries[node * STRIDE + 2] = end;
  }

  /** Ends a container: all nodes since it began are inside of it. */
  void close(int container, int end) {
    end(container, end);
    entries[container * STRIDE + 3] = nodes;
  }

  void markEscaped(int node) {
    entries[node * STRIDE] |= JsonDocument.ESCAPED;
  }

  boolean escaped(int node) {
    return (entries[node * STRIDE] & JsonDocument.ESCAPED) != 0;
  }

  JsonKind kind(int node) {
    return JsonDocument.KINDS[entries[node * STRIDE] & 0xff];
  }

  int start(int node) {
    return entries[node * STRIDE + 1];
  }

  int end(int node) {
    return entries[node * STRIDE + 2];
  }

  /** The node after a subtree. */
  int after(int node) {
    return entries[node * STRIDE + 3];
  }
}
