// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a decision demands.
 *
 * @param durability when the record must be on disk, or null for the strictest
 * @param approval who has to approve, or null
 */
public record Obligations(@Nullable Durability durability, @Nullable Approval approval) {
  /**
   * An approval that is asked for.
   *
   * @param groups who may give it
   * @param quorum how many must
   * @param ttl how long it may take
   */
  public record Approval(List<String> groups, int quorum, Duration ttl) {
    public Approval {
      groups = List.copyOf(groups);
    }
  }
}
