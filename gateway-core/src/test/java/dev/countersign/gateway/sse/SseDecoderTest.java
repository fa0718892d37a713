// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SseDecoderTest {
  private static final int EVENT_BYTES_MAX = 1 << 16;

  /**
   * A stream and what is read of it: {@code name|id|data}, or {@code name|id} without a data line;
   * a colon for a comment.
   */
  record Row(String because, String stream, List<String> read) {
    Row(String because, String stream, String... read) {
      this(because, stream, List.of(read));
    }

    byte[] bytes() {
      return stream.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Row> streams() {
    return Stream.of(
        new Row("nothing", ""),
        new Row("one event", "data: a\n\n", "||a"),
        new Row("lines end with CR", "event: e\rdata: a\r\rdata: b\r\r", "e||a", "||b"),
        new Row("lines end with CRLF", "event: e\r\ndata: a\r\n\r\ndata: b\r\n\r\n", "e||a", "||b"),
        new Row("lines end with all three", "data: a\r\ndata: b\rdata: c\n\r\n", "||a,b,c"),
        new Row("LF CR is two ends", "data: a\n\rdata: b\n\r", "||a", "||b"),
        new Row("CR CR LF is two ends", "data: a\r\r\ndata: b\r\r\n", "||a", "||b"),
        new Row("mark at the start", "\ufeffdata: a\n\n", "||a"),
        new Row("mark before a blank line", "\ufeff\n\ndata: a\n\n", "||a"),
        new Row("mark later is part of a name", "data: a\n\ufeffdata: b\n\n", "||a"),
        new Row("two marks", "\ufeff\ufeffdata: a\n\n"),
        new Row("several data lines", "data: a\ndata:\ndata: c\n\n", "||a,,c"),
        new Row("no space after the colon", "data:a\n\n", "||a"),
        new Row("one space is dropped", "data:  a \n\n", "|| a "),
        new Row("a tab is kept", "data:\ta\n\n", "||\ta"),
        new Row("colons in the value", "data: {\"a\":1}\n\n", "||{\"a\":1}"),
        new Row("field without a colon", "data\ndata\n\n", "||,"),
        new Row("empty data", "data:\n\n", "||"),
        new Row("priming event", "id: 7\ndata:\n\n", "|7|"),
        new Row("id alone", "id: 7\n\n", "|7"),
        new Row("name alone", "event: e\n\n", "e|"),
        new Row(
            "name and id do not stick", "event: e\nid: 1\ndata: a\n\ndata: b\n\n", "e|1|a", "||b"),
        new Row("last name and id count", "event: a\nevent: b\nid: 1\nid: 2\ndata: x\n\n", "b|2|x"),
        new Row("id with a NUL is ignored", "id: 1\nid: 2\0\ndata: a\n\n", "|1|a"),
        new Row("comment", ": ping\n\ndata: a\n:\n:b\n\n", ":", ":", ":", "||a"),
        new Row(
            "retry and unknown fields",
            "retry: 10\nfoo: bar\nData: x\n data: y\ndata: a\n\n",
            "||a"),
        new Row("retry alone says when to come back", "retry: 10\n\n", "|"),
        new Row("blank lines", "\n\r\n\r\ndata: a\n\n\n\n", "||a"),
        new Row("unfinished event", "data: a\n\ndata: b\n", "||a"),
        new Row("unfinished line", "data: a\n\ndata: b", "||a"),
        new Row(
            "more than ASCII",
            "event: \u00e9\ndata: \u20ac\ud83d\ude00\u2028\n\n",
            "\u00e9||\u20ac\ud83d\ude00\u2028"));
  }

  @ParameterizedTest
  @MethodSource("streams")
  void readsAWholeStream(Row row) throws SseRefusedException {
    assertThat(read(row.bytes())).isEqualTo(row.read());
  }

  @ParameterizedTest
  @MethodSource("streams")
  void readsTheSameWhereverItIsCut(Row row) throws SseRefusedException {
    byte[] bytes = row.bytes();
    for (int first = 0; first <= bytes.length; first++) {
      for (int second = first; second <= bytes.length; second++) {
        assertThat(read(bytes, first, second)).as("%d, %d", first, second).isEqualTo(row.read());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("streams")
  void readsTheSameByteByByte(Row row) throws SseRefusedException {
    byte[] bytes = row.bytes();
    int[] cuts = new int[bytes.length];
    for (int i = 0; i < cuts.length; i++) {
      cuts[i] = i;
    }
    assertThat(read(bytes, cuts)).isEqualTo(row.read());
  }

  @Test
  void readsWhatStandsWhereItIsToldTo() throws SseRefusedException {
    byte[] bytes = "xxdata: a\n\nyy".getBytes(StandardCharsets.UTF_8);
    Reading reading = new Reading();

    new SseDecoder(EVENT_BYTES_MAX).feed(bytes, 2, bytes.length - 4, reading);

    assertThat(reading.read).containsExactly("||a");
  }

  @Test
  void takesAnEventOfTheGreatestSizeAndNotOneByteMore() throws SseRefusedException {
    SseDecoder decoder = new SseDecoder(100);
    Reading reading = new Reading();

    feed(decoder, "data: " + "a".repeat(100) + "\n\n", reading);
    feed(decoder, "data: " + "a".repeat(50) + "\ndata: " + "b".repeat(49) + "\n\n", reading);

    assertThat(reading.read).hasSize(2);
    assertThatThrownBy(
            () -> feed(new SseDecoder(100), "data: " + "a".repeat(101) + "\n", new Reading()))
        .isInstanceOf(SseRefusedException.class);
    assertThatThrownBy(
            () ->
                feed(
                    new SseDecoder(100),
                    "data: " + "a".repeat(50) + "\ndata: " + "b".repeat(50) + "\n",
                    new Reading()))
        .isInstanceOf(SseRefusedException.class);
  }

  @Test
  void countsEmptyDataLines() {
    assertThatThrownBy(() -> feed(new SseDecoder(100), "data\n".repeat(102), new Reading()))
        .isInstanceOf(SseRefusedException.class);
    assertThatCode(() -> feed(new SseDecoder(100), "data\n".repeat(101) + "\n", new Reading()))
        .doesNotThrowAnyException();
  }

  @Test
  void beginsToCountAnewWithEachEvent() throws SseRefusedException {
    SseDecoder decoder = new SseDecoder(100);
    Reading reading = new Reading();
    for (int i = 0; i < 50; i++) {
      feed(decoder, "data: " + "a".repeat(90) + "\n\n", reading);
    }

    assertThat(reading.read).hasSize(50);
  }

  @Test
  void readsOnAfterItLetGoOfLargeBuffers() throws SseRefusedException {
    SseDecoder decoder = new SseDecoder(1 << 20);
    Reading reading = new Reading();
    String large = "a".repeat(200_000);

    feed(decoder, "id: 1\ndata: " + large + "\ndata: b\n\ndata: c\n", reading);
    assertThat(decoder.buffered()).isOne();
    feed(decoder, ":" + large + "\n\ndata: d\n\n", reading);

    assertThat(reading.read).containsExactly("|1|" + large + ",b", ":", "||c", "||d");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", "data: ", "event: ", "x: "})
  void givesUpOnALineWithoutEnd(String start) {
    SseDecoder decoder = new SseDecoder(EVENT_BYTES_MAX);
    byte[] piece = "a".repeat(1000).getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(
            () -> {
              feed(decoder, start, new Reading());
              for (int fed = 0; fed < 2 * EVENT_BYTES_MAX; fed += piece.length) {
                decoder.feed(piece, 0, piece.length, new Reading());
              }
            })
        .isInstanceOf(SseRefusedException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"id: ", "event: "})
  void givesUpOnANameOrIdOfManyKilobytes(String field) {
    assertThatThrownBy(
            () ->
                feed(
                    new SseDecoder(EVENT_BYTES_MAX),
                    field + "a".repeat(8193) + "\n",
                    new Reading()))
        .isInstanceOf(SseRefusedException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 4})
  void readsGarbageTheSameInOnePieceAndInMany(long seed) throws SseRefusedException {
    Random random = new Random(seed);
    byte[] alphabet = "data:id event:\n\r\n\r: \0\u00e9x".getBytes(StandardCharsets.UTF_8);
    for (int round = 0; round < 300; round++) {
      byte[] garbage = new byte[random.nextInt(200)];
      for (int i = 0; i < garbage.length; i++) {
        garbage[i] = alphabet[random.nextInt(alphabet.length)];
      }
      int[] cuts = random.ints(8, 0, garbage.length + 1).sorted().toArray();
      assertThat(read(garbage, cuts)).isEqualTo(read(garbage));
    }
  }

  private static List<String> read(byte[] stream, int... cuts) throws SseRefusedException {
    SseDecoder decoder = new SseDecoder(EVENT_BYTES_MAX);
    Reading reading = new Reading();
    int from = 0;
    for (int cut : cuts) {
      decoder.feed(stream, from, cut - from, reading);
      from = cut;
    }
    decoder.feed(stream, from, stream.length - from, reading);
    return reading.read;
  }

  private static void feed(SseDecoder decoder, String text, SseDecoder.Sink sink)
      throws SseRefusedException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    decoder.feed(bytes, 0, bytes.length, sink);
  }

  /** Writes down what is read. */
  static final class Reading implements SseDecoder.Sink {
    final List<String> read = new ArrayList<>();

    @Override
    public void event(SseEvent event) {
      String name = event.event() == null ? "" : event.event();
      String id = event.id() == null ? "" : event.id();
      String data = new String(event.data(), StandardCharsets.UTF_8).replace('\n', ',');
      read.add(name + "|" + id + (event.hasData() ? "|" + data : data));
    }

    @Override
    public void comment() {
      read.add(":");
    }
  }
}
