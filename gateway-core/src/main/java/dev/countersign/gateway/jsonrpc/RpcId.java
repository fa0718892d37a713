// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

/** A request's id: MCP allows strings and integers, never null. */
public sealed interface RpcId {
  /** The id as JSON text. */
  String json();

  /**
   * An integer id.
   *
   * @param value within ±(2^53-1)
   */
  @SuppressWarnings("JavaLangClash") // always written RpcId.Number
  record Number(long value) implements RpcId {
    @Override
    public String json() {
      return Long.toString(value);
    }
  }

  /**
   * A string id.
   *
   * @param value at most 256 characters, no control characters
   */
  record Text(String value) implements RpcId {
    @Override
    public String json() {
      StringBuilder quoted = new StringBuilder(value.length() + 2).append('"');
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if (c == '"' || c == '\\') {
          quoted.append('\\');
        }
        quoted.append(c);
      }
      return quoted.append('"').toString();
    }
  }
}
