// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CanonicalJsonTest {
  /** RFC 8785, appendix B; the doubles as their bits. */
  @ParameterizedTest
  @CsvSource({
    "0000000000000000,0",
    "8000000000000000,0",
    "0000000000000001,5e-324",
    "8000000000000001,-5e-324",
    "7fefffffffffffff,1.7976931348623157e+308",
    "ffefffffffffffff,-1.7976931348623157e+308",
    "4340000000000000,9007199254740992",
    "c340000000000000,-9007199254740992",
    "4430000000000000,295147905179352830000",
    "44b52d02c7e14af5,9.999999999999997e+22",
    "44b52d02c7e14af6,1e+23",
    "44b52d02c7e14af7,1.0000000000000001e+23",
    "444b1ae4d6e2ef4e,999999999999999700000",
    "444b1ae4d6e2ef4f,999999999999999900000",
    "444b1ae4d6e2ef50,1e+21",
    "3eb0c6f7a0b5ed8c,9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d,0.000001",
    "41b3de4355555553,333333333.3333332",
    "41b3de4355555554,333333333.33333325",
    "41b3de4355555555,333333333.3333333",
    "41b3de4355555556,333333333.3333334",
    "41b3de4355555557,333333333.33333343",
    "becbf647612f3696,-0.0000033333333333333333",
    "43143ff3c1cb0959,1424953923781206.2"
  })
  void printsTheNumbersOfTheStandard(String bits, String expected) {
    assertThat(printed(Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16))))
        .isEqualTo(expected);
  }

  /** Multiples of the smallest double, where two digits name one that a single digit names too. */
  @ParameterizedTest
  @CsvSource({
    "1,5e-324",
    "2,1e-323",
    "3,1.5e-323",
    "4,2e-323",
    "5,2.5e-323",
    "6,3e-323",
    "7,3.5e-323",
    "8,4e-323",
    "9,4.4e-323",
    "10,5e-323",
    "20,1e-322"
  })
  void printsTheSmallestNumbersWithTheFewestDigits(long bits, String expected) {
    assertThat(printed(Double.longBitsToDouble(bits))).isEqualTo(expected);
  }

  @Test
  void printsEveryNumberWithTheFewestDigitsThatNameIt() {
    Random random = new Random(8785);
    for (int i = 0; i < 8_000; i++) {
      double value =
          switch (i % 4) {
            case 0 -> Double.longBitsToDouble(random.nextLong());
            case 1 -> Double.longBitsToDouble(random.nextLong(1 << 20));
            case 2 -> Math.scalb(1.0, random.nextInt(2000) - 1000);
            default -> random.nextInt(1_000_000) / 1000.0;
          };
      if (Double.isFinite(value) && value != 0) {
        double magnitude = Math.abs(value);
        assertThat(digits(printed(magnitude)))
            .as("%s", Double.toHexString(magnitude))
            .isEqualTo(fewestDigits(magnitude));
        assertThat(Double.parseDouble(printed(value))).isEqualTo(value);
      }
    }
  }

  /** The obvious way: one digit more until the nearest decimals include one that names it. */
  private static String fewestDigits(double value) {
    BigDecimal exact = new BigDecimal(value);
    for (int count = 1; count <= 17; count++) {
      BigDecimal best = null;
      for (RoundingMode mode : new RoundingMode[] {RoundingMode.DOWN, RoundingMode.UP}) {
        BigDecimal candidate = exact.round(new MathContext(count, mode));
        if (candidate.doubleValue() == value
            && (best == null
                || candidate.subtract(exact).abs().compareTo(best.subtract(exact).abs()) < 0)) {
          best = candidate;
        }
      }
      if (best != null) {
        return best.unscaledValue().toString().replaceFirst("0+$", "");
      }
    }
    throw new IllegalStateException("17 digits name every double");
  }

  private static String digits(String printed) {
    String mantissa = printed.contains("e") ? printed.substring(0, printed.indexOf('e')) : printed;
    return mantissa.replace(".", "").replaceFirst("^0+", "").replaceFirst("0+$", "");
  }

  /** RFC 8785, section 3.2.2. */
  @Test
  void givesTheFormOfTheStandardsExample() throws JsonRefusedException {
    assertThat(
            canonical(
                "{ \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3,"
                    + " 0.000000000000000000000000001],\n"
                    + "\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
                    + "\"literals\": [null, true, false] }"))
        .isEqualTo(
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
                + "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  }

  /** RFC 8785, section 3.2.3: by UTF-16 code units, so the pair comes before U+FB33. */
  @Test
  void sortsNamesByUtf16CodeUnits() throws JsonRefusedException {
    assertThat(
            canonical(
                "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew\","
                    + "\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji\",\"\\u0080\":\"Control\","
                    + "\"\\u00f6\":\"Latin\"}"))
        .isEqualTo(
            "{\"\\r"
                + "\":\"Carriage"
                + " Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin\",\"\u20ac\":\"Euro"
                + " Sign\",\"\ud83d\ude00\":\"Emoji\",\"\ufb33\":\"Hebrew\"}");
  }

  @Test
  void sortsAtEveryDepthAndKeepsTheOrderOfArrays() throws JsonRefusedException {
    assertThat(canonical("[{\"b\":{\"d\":1,\"c\":2},\"a\":[3,1,2]},{\"\":0}]"))
        .isEqualTo("[{\"a\":[3,1,2],\"b\":{\"c\":2,\"d\":1}},{\"\":0}]");
  }

  @Test
  void escapesWhatItMustAndNothingElse() throws JsonRefusedException {
    StringBuilder escaped = new StringBuilder("\"");
    for (int c = 0; c < 0x20; c++) {
      escaped.append(String.format("\\u%04X", c));
    }
    assertThat(canonical(escaped.append("\\u007f\\u2028\\/\"").toString()))
        .isEqualTo(
            "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n"
                + "\\u000b\\f\\r"
                + "\\u000e"
                + "\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019"
                + "\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\u007f\u2028/\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1.0,\"b\":\"x\"}|{ \"b\" : \"\\u0078\", \"a\" : 1 }",
        "[100]|[1e2]",
        "[0]|[-0.0]",
        "[\"/\"]|[\"\\/\"]"
      })
  void givesOneFormForAllTextsOfOneValue(String one, String other) throws JsonRefusedException {
    assertThat(canonical(one)).isEqualTo(canonical(other));
  }

  @Test
  void isItsOwnCanonicalForm() throws JsonRefusedException {
    String once = canonical("{\"z\":[1.5e300,-0.25,1e-7],\"a\":{\"y\":\"\\u0001\",\"x\":null}}");

    assertThat(canonical(once)).isEqualTo(once);
  }

  private static String printed(double value) {
    StringBuilder out = new StringBuilder();
    CanonicalJson.number(value, out);
    return out.toString();
  }

  private static String canonical(String text) throws JsonRefusedException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new String(
        CanonicalJson.bytes(JsonDocument.parse(bytes, JsonLimits.DEFAULTS).root()),
        StandardCharsets.UTF_8);
  }
}
