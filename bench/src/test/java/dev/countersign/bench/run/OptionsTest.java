// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.bench.run.Options.Section;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run is asked for. */
final class OptionsTest {
  @Test
  void onlyAWholeRunIsKept() {
    assertThat(Options.of(new String[] {"."}).whole()).isTrue();
    assertThat(Options.of(new String[] {".", "--quick"}).whole()).isFalse();
    assertThat(Options.of(new String[] {".", "--only=ways,start"}).whole()).isFalse();
  }

  @Test
  void quickIsTheFirstTableAlone() {
    Options options = Options.of(new String[] {".", "--quick"});

    assertThat(options.quick()).isTrue();
    assertThat(options.sections()).containsExactly(Section.WAYS);
  }

  @Test
  void sectionsComeInTheirOwnOrder() {
    assertThat(Options.of(new String[] {".", "--only=start,flat"}).sections())
        .containsExactly(Section.FLAT, Section.START);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--fast", "--only=", "--only=way", "ways"})
  void refusesWhatItDoesNotKnow(String argument) {
    assertThatThrownBy(() -> Options.of(new String[] {".", argument}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
