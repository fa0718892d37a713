// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import java.util.ArrayList;
import java.util.List;

/** The two shapes of the protocol. */
public enum Era {
  /** 2026-07-28: stateless, every request stands alone. */
  MODERN,
  /** 2025-11-25 and older: a session that begins with {@code initialize}. */
  LEGACY;

  /** The one modern revision. */
  public static final String MODERN_VERSION = "2026-07-28";

  /** The legacy revisions that are spoken, newest first. */
  public static final List<String> LEGACY_VERSIONS =
      List.of("2025-11-25", "2025-06-18", "2025-03-26");

  /** Every revision that is spoken, newest first. */
  public static List<String> versions() {
    var all = new ArrayList<String>();
    all.add(MODERN_VERSION);
    all.addAll(LEGACY_VERSIONS);
    return List.copyOf(all);
  }

  /** Whether error statuses follow the modern table. */
  public boolean modern() {
    return this == MODERN;
  }
}
