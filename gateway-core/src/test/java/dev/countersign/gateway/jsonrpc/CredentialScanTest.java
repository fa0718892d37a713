// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CredentialScanTest {
  private static final String HEADER = "eyJhbGciOiJFUzI1NiJ9";
  private static final String PAYLOAD = "eyJzdWIiOiJhZ2VudCIsImV4cCI6OTk5fQ";
  private static final String SIGNATURE = "MEUCIQDx-yz_0123456789abcdefghijkl";
  private static final String TOKEN = HEADER + "." + PAYLOAD + "." + SIGNATURE;

  /** A message that holds the token, or enough of it. */
  record Holding(String because, String message) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Holding> holding() {
    return Stream.of(
        new Holding("as an argument", args(string(TOKEN))),
        new Holding("inside a longer text", args(string("curl -H 'Bearer " + TOKEN + "' x"))),
        new Holding("as a key", "{\"params\":{\"arguments\":{" + string(TOKEN) + ":1}}}"),
        new Holding("in _meta", "{\"params\":{\"_meta\":{\"x\":" + string(TOKEN) + "}}}"),
        new Holding("as the id", "{\"id\":" + string(TOKEN) + "}"),
        new Holding("as the method", "{\"method\":" + string(TOKEN) + "}"),
        new Holding("deep in arrays", args("[[[{\"x\":[1," + string(TOKEN) + "]}]]]")),
        new Holding("payload alone", args(string(PAYLOAD))),
        new Holding("signature alone", args(string("x" + SIGNATURE))),
        new Holding("payload and another signature", args(string("a." + PAYLOAD + ".c"))),
        new Holding(
            "payload and signature in two members",
            "{\"a\":" + string(PAYLOAD) + ",\"b\":" + string(SIGNATURE) + "}"),
        new Holding("every character escaped", args(string(escaped(TOKEN)))),
        new Holding(
            "one character of the payload escaped",
            args(string(HEADER + "." + escaped(PAYLOAD.substring(0, 1)) + PAYLOAD.substring(1)))),
        new Holding("as a key, escaped", args("{" + string(escaped(SIGNATURE)) + ":[]}")),
        new Holding("dots escaped", args(string(TOKEN.replace(".", "\\u002e")))),
        new Holding("JSON inside JSON", args(string("{\\\"t\\\":\\\"" + TOKEN + "\\\"}"))));
  }

  @ParameterizedTest
  @MethodSource("holding")
  void findsTheTokenAndItsParts(Holding row) throws JsonRefusedException {
    assertThat(CredentialScan.of(TOKEN).finds(document(row.message()))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"params\":{\"arguments\":{\"a\":\"" + HEADER + "\"}}}",
        "{\"params\":{\"arguments\":{\"a\":\"eyJzdWIiOiJhZ2VudCIsImV4cCI6OTk5\"}}}",
        "{\"a\":\"eyJzdWIiOiJhZ2Vu\",\"b\":\"dCIsImV4cCI6OTk5fQ\"}",
        "{\"a\":\"\\n\\u0041\",\"b\":[{},[],null,1.5,true]}",
        "{}"
      })
  void findsNothingInInnocentMessages(String message) throws JsonRefusedException {
    assertThat(CredentialScan.of(TOKEN).finds(document(message))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer ", "bearer   ", "DPoP ", ""})
  void findsTheTokenOfAHeaderWhateverItsScheme(String scheme) throws JsonRefusedException {
    CredentialScan scan = CredentialScan.ofHeader(scheme + TOKEN);

    assertThat(scan.finds(document(args(string(TOKEN))))).isTrue();
    assertThat(scan.finds(document(args(string(escaped(TOKEN)))))).isTrue();
    assertThat(scan.finds(document(args(string("Bearer"))))).isFalse();
  }

  @Test
  void findsAnOpaqueTokenWhole() throws JsonRefusedException {
    String opaque = "0123456789abcdef.x";

    assertThat(CredentialScan.of(opaque).finds(document(args(string(opaque))))).isTrue();
    assertThat(CredentialScan.of(opaque).finds(document(args(string(escaped(opaque)))))).isTrue();
    assertThat(CredentialScan.of(opaque).finds(document(args(string("0123456789abcdef")))))
        .isFalse();
  }

  @Test
  void findsAnEncryptedTokenWhole() throws JsonRefusedException {
    String encrypted = HEADER + ".key." + PAYLOAD + ".text." + SIGNATURE;

    assertThat(CredentialScan.of(encrypted).finds(document(args(string(encrypted))))).isTrue();
  }

  @Test
  void findsATokenWhosePartsAreShort() throws JsonRefusedException {
    String token = "header.payload.signature";

    assertThat(CredentialScan.of(token).finds(document(args(string(token))))).isTrue();
    assertThat(CredentialScan.of(token).finds(document(args(string("the payload"))))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a", "a.b.c"})
  void findsNoTokenThatIsTooShortToMatter(String token) throws JsonRefusedException {
    assertThat(CredentialScan.of(token).finds(document(args("\"a.b.c\"")))).isFalse();
  }

  @Test
  void findsTheTokenAtEveryPlaceOfALongMessage() throws JsonRefusedException {
    for (int before = 0; before < 40; before++) {
      String message = args(string("e".repeat(before) + PAYLOAD));
      assertThat(CredentialScan.of(TOKEN).finds(document(message))).isTrue();
    }
  }

  private static String args(String value) {
    return "{\"params\":{\"arguments\":{\"a\":" + value + "}}}";
  }

  private static String string(String text) {
    return '"' + text + '"';
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.chars().forEach(c -> escaped.append(String.format("\\u%04x", c)));
    return escaped.toString();
  }

  private static JsonDocument document(String message) throws JsonRefusedException {
    return JsonDocument.parse(message.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULTS);
  }
}
