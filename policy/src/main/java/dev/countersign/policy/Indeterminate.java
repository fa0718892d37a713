// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Policy could not be evaluated; refused, and counted apart from a refusal.
 *
 * @param engine the engine that was asked
 * @param revision the revision it was asked in
 * @param cause what went wrong
 * @param detail for logs
 */
public record Indeterminate(String engine, String revision, Cause cause, String detail)
    implements Decision {
  /** What can go wrong. */
  public enum Cause {
    /** The engine failed. */
    ERROR,
    /** It took too long. */
    TIMEOUT,
    /** It said nothing. */
    UNDEFINED,
    /** It said something that is no decision. */
    MALFORMED
  }

  @Override
  public @Nullable String rule() {
    return null;
  }

  @Override
  public List<String> reasons() {
    return List.of(detail);
  }
}
