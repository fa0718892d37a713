// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a decision demands of whoever acts on it. A permit whose obligations cannot be met must not
 * be acted on.
 *
 * @param credentialScopes the scopes of the credential to use upstream, or of the one to come back
 *     with after a step-up; empty when nothing is said
 * @param credentialTtl how long that credential may live, or null
 * @param approval who has to approve, or null
 * @param redact what to take out of the answer
 * @param labels what the session is to be labelled with
 * @param durable when the record must be on disk, or null for the strictest
 */
public record Obligations(
    List<String> credentialScopes,
    @Nullable Duration credentialTtl,
    @Nullable Approval approval,
    List<String> redact,
    Map<String, String> labels,
    @Nullable Durability durable) {
  /** Nothing is demanded. */
  public static final Obligations NONE =
      new Obligations(List.of(), null, null, List.of(), Map.of(), null);

  public Obligations {
    credentialScopes = List.copyOf(credentialScopes);
    redact = List.copyOf(redact);
    labels = labels.isEmpty() ? Map.of() : Collections.unmodifiableSortedMap(new TreeMap<>(labels));
  }

  /**
   * An approval that is asked for.
   *
   * @param groups who may give it, never empty
   * @param quorum how many of them must, at least 1
   * @param ttl how long it may take, above zero
   */
  public record Approval(List<String> groups, int quorum, Duration ttl) {
    public Approval {
      groups = List.copyOf(groups);
      if (groups.isEmpty() || quorum < 1 || !ttl.isPositive()) {
        throw new IllegalArgumentException("an approval that nobody can give");
      }
    }
  }
}
