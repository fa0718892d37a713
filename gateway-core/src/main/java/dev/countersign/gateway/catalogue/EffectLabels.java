// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import dev.countersign.gateway.snapshot.ServerSettings.EffectLabel;
import dev.countersign.policy.Effect;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operator's word on what a server's tools do to the world. A server's own hints are not asked:
 * whoever writes a tool would also write its label.
 */
public final class EffectLabels {
  private final List<Label> labels;

  private record Label(NameGlob pattern, Effect effect) {}

  public EffectLabels(List<EffectLabel> settings) {
    this.labels =
        settings.stream()
            .map(label -> new Label(new NameGlob(label.pattern()), label.effect()))
            .toList();
  }

  /** The effect of the first pattern that matches the whole name, or null when none does. */
  public @Nullable Effect of(String tool) {
    for (Label label : labels) {
      if (label.pattern.matches(tool)) {
        return label.effect;
      }
    }
    return null;
  }
}
