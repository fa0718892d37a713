// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.GatewaySettings;
import java.util.List;

/** What reading a file gives. */
public sealed interface ConfigResult {
  /** Nothing is wrong. */
  record Valid(GatewaySettings settings) implements ConfigResult {}

  /**
   * Something is.
   *
   * @param problems all of it, by line
   */
  record Invalid(List<Problem> problems) implements ConfigResult {
    public Invalid {
      problems = List.copyOf(problems);
    }
  }
}
