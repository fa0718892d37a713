// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a verification found.
 *
 * @param leaves lines read
 * @param segments files read
 * @param decisions decision leaves
 * @param outcomes outcome leaves
 * @param unknownOutcomes outcomes that only say that the end of the call is not known
 * @param openCalls decisions that still wait for their outcome; on a live log, calls under way
 * @param live whether a gateway had the log open
 * @param head the last leaf, or null; worth keeping elsewhere, see {@link AuditVerifier}
 * @param findings what is wrong, the first {@link #FINDINGS_MAX} of it
 */
public record VerifyReport(
    long leaves,
    int segments,
    long decisions,
    long outcomes,
    long unknownOutcomes,
    long openCalls,
    boolean live,
    @Nullable LeafPosition head,
    List<Finding> findings) {
  /** A log that is wrong everywhere is described by its first faults. */
  public static final int FINDINGS_MAX = 1000;

  public VerifyReport {
    findings = List.copyOf(findings);
  }

  /** Whether nothing is wrong. */
  public boolean whole() {
    return findings.isEmpty();
  }
}
