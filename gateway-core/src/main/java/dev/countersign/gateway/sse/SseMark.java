// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import org.jspecify.annotations.Nullable;

/**
 * What stands beside the data of an event.
 *
 * @param id visible ASCII that a client gives back to go on after this event, or null
 * @param retry milliseconds after which it is to come back, or null
 */
public record SseMark(@Nullable String id, @Nullable Integer retry) {
  /** Neither. */
  public static final SseMark NONE = new SseMark(null, null);

  /** Whether there is neither. */
  public boolean isNone() {
    return id == null && retry == null;
  }
}
