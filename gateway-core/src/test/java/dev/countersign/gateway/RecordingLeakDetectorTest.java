// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;

final class RecordingLeakDetectorTest {
  @Test
  void findsABufferThatNobodyReleased() {
    lose();

    assertThatThrownBy(RecordingLeakDetector::assertNothingLeaked)
        .isInstanceOf(AssertionError.class);
    RecordingLeakDetector.assertNothingLeaked();
  }

  private static void lose() {
    assertThat(PooledByteBufAllocator.DEFAULT.buffer(8).writeByte(1).refCnt()).isEqualTo(1);
  }
}
