// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.GatewaySettings;
import java.util.List;
import java.util.Map;

/** What reading a file gives. */
public sealed interface ConfigResult {
  /** What was read, so that a change can be told. */
  Sources sources();

  /** Names what was read, in records and logs; the digest of the settings' text. */
  String revision();

  /** What somebody should look at, by line. */
  List<Problem> warnings();

  /**
   * Nothing is wrong.
   *
   * @param fixed what cannot change while running, by its key, as it is shown
   */
  record Valid(
      GatewaySettings settings, List<Problem> warnings, Sources sources, Map<String, String> fixed)
      implements ConfigResult {
    public Valid {
      warnings = List.copyOf(warnings);
      fixed = Map.copyOf(fixed);
    }

    @Override
    public String revision() {
      return settings.revision();
    }
  }

  /**
   * Something is.
   *
   * @param problems all of it, by line
   */
  record Invalid(List<Problem> problems, List<Problem> warnings, Sources sources, String revision)
      implements ConfigResult {
    public Invalid {
      problems = List.copyOf(problems);
      warnings = List.copyOf(warnings);
    }
  }
}
