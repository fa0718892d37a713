// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What is taken here, another strict reader takes too, and reads the same in it. */
final class JsonFuzzTargetTest {
  @FuzzTest(maxDuration = "30s")
  void takesNothingThatAnotherReaderSeesDifferently(byte[] text) throws IOException {
    JsonDocument document;
    try {
      document = JsonDocument.parse(text, JsonLimits.DEFAULTS);
    } catch (JsonRefusedException e) {
      return;
    }
    assertThat(JacksonReference.tokens(document.root())).isEqualTo(JacksonReference.tokens(text));
    if (!document.hasLossyNumber()) {
      byte[] canonical = CanonicalJson.bytes(document.root());
      assertThat(CanonicalJson.bytes(reread(canonical))).isEqualTo(canonical);
    }
    try {
      assertThat(RpcReader.read(text, JsonLimits.DEFAULTS).document().bytes()).isSameAs(text);
    } catch (RpcRefusedException e) {
      assertThat(e.code()).isEqualTo(-32600);
    }
  }

  private static JsonValue reread(byte[] canonical) {
    try {
      return JsonDocument.parse(canonical, JsonLimits.DEFAULTS).root();
    } catch (JsonRefusedException e) {
      throw new AssertionError(new String(canonical, StandardCharsets.UTF_8), e);
    }
  }
}
