// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import dev.countersign.gateway.snapshot.ServerSettings.EffectLabel;
import dev.countersign.policy.Effect;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The operator's word on what a server's tools do to the world. A server's own hints are not asked:
 * whoever writes a tool would also write its label.
 */
public final class EffectLabels {
  private final List<Label> labels;

  private record Label(Pattern pattern, Effect effect) {}

  public EffectLabels(List<EffectLabel> settings) {
    this.labels =
        settings.stream()
            .map(label -> new Label(compile(label.pattern()), label.effect()))
            .toList();
  }

  /** The effect of the first pattern that matches the whole name, or null when none does. */
  public @Nullable Effect of(String tool) {
    for (Label label : labels) {
      if (label.pattern.matcher(tool).matches()) {
        return label.effect;
      }
    }
    return null;
  }

  /** A glob as everywhere: one star stops at slash and colon, two do not. */
  private static Pattern compile(String glob) {
    StringBuilder regex = new StringBuilder();
    int at = 0;
    while (at < glob.length()) {
      int star = glob.indexOf('*', at);
      int end = star < 0 ? glob.length() : star;
      if (end > at) {
        regex.append(Pattern.quote(glob.substring(at, end)));
      }
      if (star < 0) {
        break;
      }
      boolean two = glob.startsWith("**", star);
      regex.append(two ? ".*" : "[^/:]*");
      at = star + (two ? 2 : 1);
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }
}
