// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class BearerTest {
  private final Bench bench = new Bench();

  @AfterEach
  void close() {
    bench.close();
  }

  record Row(String because, String header, RejectReason reason) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Row> refusedHeaders() {
    return Stream.of(
        new Row("nothing at all", "", RejectReason.MALFORMED),
        new Row("space before the scheme", " Bearer abc", RejectReason.MALFORMED),
        new Row("scheme alone", "Bearer", RejectReason.MALFORMED),
        new Row("scheme and a space", "Bearer ", RejectReason.MALFORMED),
        new Row("space after the token", "Bearer abc ", RejectReason.MALFORMED),
        new Row("two tokens", "Bearer abc def", RejectReason.MALFORMED),
        new Row("two credentials in one value", "Bearer abc, Bearer def", RejectReason.MALFORMED),
        new Row("parameters", "Bearer token=abc", RejectReason.MALFORMED),
        new Row("padding in the middle", "Bearer a=b", RejectReason.MALFORMED),
        new Row("padding alone", "Bearer ==", RejectReason.MALFORMED),
        new Row("tab for a space", "Bearer\tabc", RejectReason.UNSUPPORTED_SCHEME),
        new Row("tab after the space", "Bearer \tabc", RejectReason.MALFORMED),
        new Row("line break", "Bearer abc\r\nx: y", RejectReason.MALFORMED),
        new Row("NUL", "Bearer abc\0", RejectReason.MALFORMED),
        new Row("quotes", "Bearer \"abc\"", RejectReason.MALFORMED),
        new Row("not ASCII", "Bearer ab\u00e9", RejectReason.MALFORMED),
        new Row("letter that folds to K", "Bearer \u212a", RejectReason.MALFORMED),
        new Row("other scheme", "Basic dXNlcjpwYXNz", RejectReason.UNSUPPORTED_SCHEME),
        new Row("sender-constrained", "DPoP abc.def.ghi", RejectReason.UNSUPPORTED_SCHEME),
        new Row("token without a scheme", "abc.def.ghi", RejectReason.UNSUPPORTED_SCHEME),
        new Row("scheme with more behind", "Bearerx abc", RejectReason.UNSUPPORTED_SCHEME),
        new Row("over the limit", "Bearer " + "a".repeat((16 << 10) + 1), RejectReason.TOO_LARGE),
        new Row(
            "over the limit and not a token",
            "Bearer " + " ,".repeat(16 << 10),
            RejectReason.TOO_LARGE));
  }

  @ParameterizedTest
  @MethodSource("refusedHeaders")
  void refusesAtOnceWhatIsNotOneBearerToken(Row row) {
    assertThat(Bench.reason(bench.authenticator.cached(row.header, TestIssuer.RESOURCE)))
        .isEqualTo(row.reason);
    assertThat(
            Bench.reason(
                Bench.answer(bench.authenticator.authenticate(row.header, TestIssuer.RESOURCE))))
        .isEqualTo(row.reason);
    assertThat(bench.observer.rejected).containsExactly(row.reason, row.reason);
    assertThat(bench.issuer.fetches()).isZero();
  }

  @Test
  void saysMissingWhenThereIsNoHeader() {
    assertThat(bench.authenticator.cached(null, TestIssuer.RESOURCE))
        .isEqualTo(new Authentication.Missing());
    assertThat(Bench.answer(bench.authenticator.authenticate(null, TestIssuer.RESOURCE)))
        .isEqualTo(new Authentication.Missing());
  }

  @Test
  void takesTheSchemeInAnyCaseAndARunOfSpaces() {
    String token = bench.issuer.token(claims -> {});
    for (String start : new String[] {"Bearer ", "bearer ", "BEARER   "}) {
      assertThat(Bench.answer(bench.authenticator.authenticate(start + token, TestIssuer.RESOURCE)))
          .isInstanceOf(Authentication.Verified.class);
    }
  }

  @Test
  void neverFailsAndNeverVerifiesWhateverIsSent() {
    Random random = new Random(7);
    String good = bench.issuer.token(claims -> {});
    for (int round = 0; round < 1500; round++) {
      char[] chars = good.toCharArray();
      int at = random.nextInt(chars.length);
      char before = chars[at];
      chars[at] = (char) (0x20 + random.nextInt(0x60));
      String mutant = new String(chars, 0, round % 4 == 0 ? at : chars.length);
      if (chars[at] == before && mutant.length() == chars.length) {
        continue;
      }
      assertThatCode(
              () -> assertThat(bench.ask(mutant)).isNotInstanceOf(Authentication.Verified.class))
          .doesNotThrowAnyException();
    }
  }
}
