// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.List;

/**
 * Settings were applied, or kept because new ones were not valid.
 *
 * @param revision names the settings
 * @param cause start or reload
 * @param applied whether they are in force
 * @param problems why not
 */
public record ConfigLeaf(String revision, String cause, boolean applied, List<String> problems)
    implements Leaf {
  public ConfigLeaf {
    problems = List.copyOf(problems);
  }
}
