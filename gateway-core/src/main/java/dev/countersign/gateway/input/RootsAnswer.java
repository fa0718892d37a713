// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.ResourceUri;

/** The client's folders: file URIs in normal form, without a host. */
final class RootsAnswer {
  private static final int ROOTS_MAX = 256;

  private RootsAnswer() {}

  static void check(JsonValue result) {
    JsonValue roots = result.member("roots");
    if (roots == null || roots.kind() != JsonKind.ARRAY || roots.size() > ROOTS_MAX) {
      throw new InputRefusedException("no roots, or too many");
    }
    for (JsonValue root : roots.elements()) {
      JsonValue uri = root.member("uri");
      if (uri == null
          || uri.kind() != JsonKind.STRING
          || !uri.text().startsWith("file:///")
          || !ResourceUri.isNormal(uri.text())) {
        throw new InputRefusedException("a root that is no file URI in normal form");
      }
    }
  }
}
