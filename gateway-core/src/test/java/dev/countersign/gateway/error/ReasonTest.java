// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ReasonTest {
  /** Codes that JSON-RPC 2.0 or MCP give a meaning; every other code of ours lies outside. */
  private static final Set<Integer> SPECIFIED =
      Set.of(-32700, -32600, -32601, -32602, -32603, -32002, -32020, -32021, -32022);

  /** RFC 9110 section 15, as far as an MCP client can make sense of it. */
  private static final Set<Integer> STATUSES =
      Set.of(200, 400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 429, 500, 503);

  @Test
  void givesEveryReasonItsOwnNumber() {
    assertThat(Arrays.stream(Reason.values()).map(Reason::number))
        .doesNotHaveDuplicates()
        .allMatch(number -> number > 1000 && number < 2000);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void usesOnlyCodesThatAreOursOrSpecified(Reason reason) {
    if (reason.code() >= -32768 && reason.code() <= -32000) {
      assertThat(SPECIFIED).contains(reason.code());
    } else {
      assertThat(reason.code()).isEqualTo(reason.number());
    }
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void hasAStatusThatClientsKnow(Reason reason) {
    assertThat(STATUSES).contains(reason.status(true), reason.status(false));
  }

  /** A legacy client that reads 404 starts its session anew; one that reads 401 starts a login. */
  @ParameterizedTest
  @EnumSource(Reason.class)
  void saysGoneOrLoginOnlyWhereItMeansThat(Reason reason) {
    if (reason.status(false) == 404) {
      assertThat(reason).isIn(Reason.SESSION_UNKNOWN, Reason.PATH_UNKNOWN);
    }
    if (reason.status(true) == 401 || reason.status(false) == 401) {
      assertThat(reason).isIn(Reason.UNAUTHENTICATED, Reason.CREDENTIAL_REJECTED);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Reason.class,
      names = {
        "POLICY_REFUSED", "APPROVAL_NEEDED", "POLICY_INDETERMINATE", "TARGET_UNKNOWN",
        "RESOURCE_UNKNOWN", "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT", "UPSTREAM_BAD_REPLY",
        "UPSTREAM_CREDENTIAL", "INPUT_REQUEST_REFUSED", "PARAMS_INVALID"
      })
  void saysNoToACallAtStatus200(Reason reason) {
    assertThat(reason.status(true)).isEqualTo(200);
    assertThat(reason.status(false)).isEqualTo(200);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void speaksInPlainWords(Reason reason) {
    assertThat(reason.id()).matches("[a-z][a-z0-9_]*");
    assertThat(reason.text()).isNotBlank().matches("[ -~]+");
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void calls5xxEitherTheWorldsFaultOrOurs(Reason reason) {
    if (reason.status(true) >= 500) {
      assertThat(reason.family()).isNotEqualTo(Reason.Family.REFUSED);
    }
  }
}
