// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What policy said.
 *
 * @param engine engine's name
 * @param revision revision of policy and grants
 * @param rule the rule that decided, or null
 * @param reasons in its words
 * @param obligations what the permit demands
 */
public record PolicyFacts(
    String engine,
    String revision,
    @Nullable String rule,
    List<String> reasons,
    List<String> obligations) {
  public PolicyFacts {
    reasons = List.copyOf(reasons);
    obligations = List.copyOf(obligations);
  }
}
