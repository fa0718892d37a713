// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.rounds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ParamsDigestTest {
  private static final String PARAMS =
      "{\"name\":\"t\",\"arguments\":{\"b\":1,\"a\":[\"x\"]},\"_meta\":{\"k\":1}}";

  private static String digest(String params) {
    try {
      return ParamsDigest.of(
          JsonDocument.parse(params.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULTS).root());
    } catch (JsonRefusedException e) {
      throw new AssertionError(params, e);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"_meta\":{\"k\":1.0},\"arguments\":{\"a\":[\"\\u0078\"],\"b\":1e0} ,\"name\":\"t\"}",
        "{\"requestState\":\"s\",\"name\":\"t\",\"arguments\":{\"b\":1,\"a\":[\"x\"]},\"_meta\":"
            + "{\"progressToken\":1,\"k\":1,\"traceparent\":\"x\","
            + "\"io.modelcontextprotocol/clientInfo\":{}},\"inputResponses\":{\"q\":{}}}"
      })
  void isTheSameInEveryRoundAndSpelling(String params) {
    assertThat(digest(params)).isEqualTo(digest(PARAMS));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"name\":\"u\",\"arguments\":{\"b\":1,\"a\":[\"x\"]},\"_meta\":{\"k\":1}}",
        "{\"name\":\"t\",\"arguments\":{\"b\":2,\"a\":[\"x\"]},\"_meta\":{\"k\":1}}",
        "{\"name\":\"t\",\"arguments\":{\"b\":1,\"a\":[\"x\"]},\"_meta\":{\"k\":2}}",
        "{\"name\":\"t\",\"arguments\":{\"b\":1,\"a\":[\"x\"],\"requestState\":1},"
            + "\"_meta\":{\"k\":1}}",
        "{\"name\":\"t\",\"arguments\":{\"b\":1,\"a\":[\"x\"]}}"
      })
  void isAnotherForAnotherRequest(String params) {
    assertThat(digest(params)).isNotEqualTo(digest(PARAMS));
  }

  @Test
  void hasOneForNoParameters() {
    assertThat(ParamsDigest.of(null)).hasSize(64);
    assertThat(digest("{}")).isEqualTo(digest("{\"requestState\":1}"));
  }
}
