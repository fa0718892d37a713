// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.GatewaySettings;
import java.util.List;

/** What reading a settings file gives. */
public sealed interface ConfigResult {
  /**
   * The file can be used.
   *
   * @param settings what it says
   * @param warnings what somebody should look at, in line order; often none
   */
  record Valid(GatewaySettings settings, List<Problem> warnings) implements ConfigResult {
    public Valid {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * The file cannot be used.
   *
   * @param problems all of them, errors and warnings, in line order; at least one error
   */
  record Invalid(List<Problem> problems) implements ConfigResult {
    public Invalid {
      problems = List.copyOf(problems);
    }
  }
}
