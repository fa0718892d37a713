// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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

  /** The revision before Streamable HTTP; spoken with servers that are reached by HTTP+SSE. */
  public static final String HTTP_SSE_VERSION = "2024-11-05";

  private static final List<String> WITH_HTTP_SSE =
      Stream.concat(LEGACY_VERSIONS.stream(), Stream.of(HTTP_SSE_VERSION)).toList();

  /**
   * The legacy revisions that may be agreed on with a server, newest first.
   *
   * @param httpSse whether it is reached by HTTP+SSE
   */
  public static List<String> legacyVersions(boolean httpSse) {
    return httpSse ? WITH_HTTP_SSE : LEGACY_VERSIONS;
  }

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
