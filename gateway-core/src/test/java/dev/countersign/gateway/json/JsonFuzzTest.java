// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Changed texts are read here and by Jackson. Where the two are asked the same question they must
 * agree; what this parser refuses and Jackson takes must be refused for a reason of its own.
 */
final class JsonFuzzTest {
  private static final int ROUNDS = 15_000;

  /** Faults that Jackson knows nothing of: limits, and what I-JSON adds to JSON. */
  private static final Set<JsonFault> STRICTER =
      EnumSet.of(
          JsonFault.BAD_NUMBER,
          JsonFault.LONE_SURROGATE,
          JsonFault.NUL_IN_NAME,
          JsonFault.BYTE_ORDER_MARK,
          JsonFault.DEPTH,
          JsonFault.TOKENS,
          JsonFault.SIZE);

  private static final List<String> SEEDS =
      List.of(
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\","
              + "\"arguments\":{\"a\":[1,-2.5e-3,true,false,null],\"b\":{\"a\":{}}}}}",
          "[\"\\u0041\\ud83d\\ude00\\\"\\\\\\/\", \"\u00e9\u20ac\ud83d\ude00\", [], [[0]], {}]",
          "{\"a\":0,\"b\":1.0,\"c\":1e5,\"d\":-1E+5,\"e\":0.5e-7,\"f\":[10,20,300]}",
          " [ { \"na\\u006de\" : \"v\" , \"n\" : \"\" } , true , false , null ] ");

  private static final byte[][] SPLICES = {
    bytes("{"),
    bytes("}"),
    bytes("["),
    bytes("]"),
    bytes(","),
    bytes(":"),
    bytes("\""),
    bytes("\\"),
    bytes("\\u"),
    bytes("\\u0000"),
    bytes("\\ud800"),
    bytes("0"),
    bytes("-"),
    bytes("."),
    bytes("e"),
    bytes("1e400"),
    bytes("null"),
    bytes("\"a\":1,"),
    bytes("//"),
    bytes(" "),
    bytes("\n"),
    {0},
    {0x1f},
    {0x7f},
    {(byte) 0x80},
    {(byte) 0xc0, (byte) 0x80},
    {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
    {(byte) 0xef, (byte) 0xbb, (byte) 0xbf},
    {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
    {(byte) 0xff}
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 20261122})
  void agreesWithJacksonOnChangedTexts(long seed) {
    Random random = new Random(seed);
    int taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] text = bytes(SEEDS.get(random.nextInt(SEEDS.size())));
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        text = change(text, random);
      }
      JsonFault ours = ours(text);
      boolean jackson = JacksonReference.takes(text);
      if (ours == null) {
        taken++;
        assertThat(jackson).as("taken here only, seed %d: %s", seed, show(text)).isTrue();
      } else if (jackson) {
        assertThat(STRICTER).as("refused here only: %s", show(text)).contains(ours);
      }
    }
    assertThat(taken).as("texts that stayed whole").isGreaterThan(ROUNDS / 50);
  }

  /** What was read is the same value, so nobody behind the gateway sees another one. */
  @ParameterizedTest
  @ValueSource(longs = {7})
  void readsTheSameValuesAsJackson(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS / 3; round++) {
      byte[] text = change(bytes(SEEDS.get(random.nextInt(SEEDS.size()))), random);
      JsonDocument document = parse(text);
      if (document != null) {
        assertThat(JacksonReference.tokens(document.root()))
            .as("%s", show(text))
            .isEqualTo(JacksonReference.tokens(text));
      }
    }
  }

  private static byte[] change(byte[] text, Random random) {
    int at = random.nextInt(text.length + 1);
    switch (random.nextInt(5)) {
      case 0 -> {
        return at == text.length ? text : join(Arrays.copyOf(text, at), tail(text, at + 1));
      }
      case 1 -> {
        byte[] changed = text.clone();
        if (at < changed.length) {
          changed[at] ^= (byte) (1 << random.nextInt(8));
        }
        return changed;
      }
      case 2 -> {
        int end = at + random.nextInt(text.length - at + 1);
        return join(Arrays.copyOf(text, end), tail(text, at));
      }
      case 3 -> {
        int end = at + random.nextInt(text.length - at + 1);
        return join(Arrays.copyOf(text, at), tail(text, end));
      }
      default -> {
        byte[] splice = SPLICES[random.nextInt(SPLICES.length)];
        return join(join(Arrays.copyOf(text, at), splice), tail(text, at));
      }
    }
  }

  private static @Nullable JsonFault ours(byte[] text) {
    try {
      JsonDocument.parse(text, JsonLimits.DEFAULTS);
      return null;
    } catch (JsonRefusedException e) {
      return e.fault();
    }
  }

  private static @Nullable JsonDocument parse(byte[] text) {
    try {
      return JsonDocument.parse(text, JsonLimits.DEFAULTS);
    } catch (JsonRefusedException e) {
      return null;
    }
  }

  private static byte[] tail(byte[] text, int from) {
    return Arrays.copyOfRange(text, Math.min(from, text.length), text.length);
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String show(byte[] text) {
    return new String(text, StandardCharsets.ISO_8859_1) + " = " + HexFormat.of().formatHex(text);
  }
}
