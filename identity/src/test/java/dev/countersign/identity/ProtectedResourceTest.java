// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProtectedResourceTest {
  private static final String METADATA =
      "https://gw.example/.well-known/oauth-protected-resource/mcp";

  @Test
  void putsTheWellKnownPartBeforeThePath() {
    assertThat(ProtectedResource.wellKnownPath("/mcp"))
        .isEqualTo("/.well-known/oauth-protected-resource/mcp");
    assertThat(ProtectedResource.wellKnownPath("/orders/mcp"))
        .isEqualTo("/.well-known/oauth-protected-resource/orders/mcp");
    assertThat(ProtectedResource.wellKnownPath("/"))
        .isEqualTo("/.well-known/oauth-protected-resource");
  }

  @Test
  void describesTheResource() {
    assertThat(
            new String(
                ProtectedResource.metadata(
                    "https://gw.example/mcp", List.of("https://idp.example"), List.of("mcp")),
                StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"resource\":\"https://gw.example/mcp\","
                + "\"authorization_servers\":[\"https://idp.example\"],"
                + "\"scopes_supported\":[\"mcp\"],\"bearer_methods_supported\":[\"header\"]}");
    assertThat(
            new String(
                ProtectedResource.metadata("https://gw.example/\"", List.of(), List.of()),
                StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"resource\":\"https://gw.example/\\\"\",\"authorization_servers\":[],"
                + "\"bearer_methods_supported\":[\"header\"]}");
  }

  @Test
  void challengesWithoutAnErrorWhereNoCredentialCame() {
    String plain = "Bearer resource_metadata=\"" + METADATA + "\"";
    assertThat(ProtectedResource.challenge401(METADATA, null)).isEqualTo(plain);
    assertThat(ProtectedResource.challenge401(METADATA, RejectReason.UNSUPPORTED_SCHEME))
        .isEqualTo(plain);
    assertThat(ProtectedResource.challenge401(METADATA, null, "mcp:read mcp:write"))
        .isEqualTo(plain + ", scope=\"mcp:read mcp:write\"");
    assertThat(ProtectedResource.challenge401(METADATA, null, " ")).isEqualTo(plain);
  }

  @ParameterizedTest
  @EnumSource(
      value = RejectReason.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = "UNSUPPORTED_SCHEME")
  void saysInvalidTokenAndWhyWhereOneCame(RejectReason reason) {
    assertThat(ProtectedResource.challenge401(METADATA, reason))
        .startsWith("Bearer resource_metadata=\"" + METADATA + "\", error=\"invalid_token\", ")
        .matches(".*error_description=\"[a-z ]+\"");
  }

  @Test
  void namesEveryScopeThatIsNeeded() {
    assertThat(
            ProtectedResource.challenge403InsufficientScope(
                METADATA, List.of("files:read", "files:write"), "write needs more"))
        .isEqualTo(
            "Bearer error=\"insufficient_scope\", scope=\"files:read files:write\", "
                + "resource_metadata=\""
                + METADATA
                + "\", "
                + "error_description=\"write needs more\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\", error=\"none",
        "a\r\nset-cookie: b=c",
        "a\nb",
        "a\\",
        "\\\"",
        "a\0b",
        "\u007f",
        "caf\u00e9 \u010d\u010a",
        "\ud83d\ude00"
      })
  void letsNothingOutOfItsQuotes(String hostile) {
    for (String challenge :
        List.of(
            ProtectedResource.challenge401("https://gw.example/" + hostile, null, hostile),
            ProtectedResource.challenge403InsufficientScope(
                "https://gw.example/" + hostile, List.of(hostile, "ok"), hostile))) {
      assertThat(challenge)
          .matches("Bearer [a-z_]+=\"[ !#-\\[\\]-~]*\"(, [a-z_]+=\"[ !#-\\[\\]-~]*\")*")
          .doesNotContain("error=\"none");
    }
  }

  @Test
  void leavesOutWhatIsNoScopeRatherThanMakeAnotherOfIt() {
    assertThat(
            ProtectedResource.challenge403InsufficientScope(
                METADATA, List.of("ad\"min", "two words", "", "read"), "x"))
        .contains("scope=\"read\"");
  }

  @Test
  void cutsALongDescription() {
    assertThat(
            ProtectedResource.challenge403InsufficientScope(
                METADATA, List.of("a"), "d".repeat(10_000)))
        .hasSizeLessThan(500);
  }
}
