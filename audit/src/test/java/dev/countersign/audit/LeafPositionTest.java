// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeafPositionTest {
  @Test
  void positionIsReadBackAsItIsWritten() {
    LeafPosition position = new LeafPosition(17, "0123456789abcdef".repeat(4));
    assertThat(position).hasToString("17:" + position.hash());
    assertThat(LeafPosition.parse(position.toString())).isEqualTo(position);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "17", ":a", "17:%sa", "17:%S", "017:%s", "0:%s", "-1:%s", "17:%s ", "17 :%s"})
  void whatIsNoPositionIsRefused(String form) {
    String text = form.formatted("0123456789abcdef".repeat(4));
    assertThatThrownBy(() -> LeafPosition.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
