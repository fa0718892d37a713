// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Policy gave no usable answer. Refused like a refusal, and counted apart from one.
 *
 * @param engine the engine that was asked
 * @param revision the revision of policy and data
 * @param cause what went wrong
 * @param detail in words, for operators and records
 */
public record Indeterminate(String engine, String revision, Cause cause, String detail)
    implements Decision {
  /** All that can go wrong: fit to label a metric. */
  public enum Cause {
    /** Evaluation failed. */
    ERROR("error"),
    /** It took too long. */
    TIMEOUT("timeout"),
    /** The policy said nothing. */
    UNDEFINED("undefined"),
    /** The policy said something that is no decision. */
    MALFORMED("malformed"),
    /** The engine could not be asked. */
    UNAVAILABLE("unavailable");

    private final String wire;

    Cause(String wire) {
      this.wire = wire;
    }

    /** The word in records and metrics. */
    public String wire() {
      return wire;
    }
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
