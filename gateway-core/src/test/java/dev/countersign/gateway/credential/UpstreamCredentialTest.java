// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.credential;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class UpstreamCredentialTest {
  @Test
  void printsNothingOfItself() {
    UpstreamCredential credential =
        UpstreamCredential.header("env:TOKEN", "authorization", "Bearer s3cret");

    assertThat(credential).hasToString("UpstreamCredential[static]");
    assertThat(String.valueOf(credential)).doesNotContain("s3cret", "Bearer", "authorization");
  }

  @Test
  void hasOneHeaderAndAReferenceForRecords() {
    UpstreamCredential credential =
        UpstreamCredential.header("file:/run/secrets/x", "x-api-key", "s3cret");

    assertThat(credential.kind()).isEqualTo("static");
    assertThat(credential.reference()).isEqualTo("file:/run/secrets/x");
    assertThat(credential.headerName()).isEqualTo("x-api-key");
    assertThat(credential.headerValue()).isEqualTo("s3cret");
  }

  @Test
  void showsNothingToAServerThatWantsNothing() {
    assertThat(UpstreamCredential.NONE.kind()).isEqualTo("none");
    assertThat(UpstreamCredential.NONE.reference()).isNull();
    assertThat(UpstreamCredential.NONE.headerName()).isNull();
    assertThat(UpstreamCredential.NONE.headerValue()).isNull();
  }
}
