// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Whatever a server sends, it is read as the standard reads it, in one piece and in two. */
final class SseFuzzTargetTest {
  @FuzzTest(maxDuration = "30s")
  void readsLikeTheStandard(byte[] stream) throws SseRefusedException {
    assertThat(SseReference.decoded(stream)).isEqualTo(SseReference.events(stream));
    if (stream.length > 1) {
      int cut = 1 + (stream[0] & 0xff) % (stream.length - 1);
      assertThat(SseReference.decoded(stream, cut)).isEqualTo(SseReference.events(stream));
    }
  }
}
