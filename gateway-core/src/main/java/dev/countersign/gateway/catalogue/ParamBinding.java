// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import java.util.List;

/**
 * An argument of a tool that clients repeat in a header (MCP 2026-07-28, tools, {@code
 * x-mcp-header}).
 *
 * @param header what follows {@code mcp-param-}, lower case
 * @param path the argument's names from the outside in, through {@code properties} alone
 */
public record ParamBinding(String header, List<String> path) {
  public ParamBinding {
    path = List.copyOf(path);
  }
}
