// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** However a stream is framed, and wherever it is cut, its events are those that were meant. */
final class GeneratedStreamsTest {
  /**
   * An event that was meant, and lines between its own that mean nothing.
   *
   * @param data one or more lines
   */
  record Meant(String event, List<String> data, List<String> noise) {}

  @Property(tries = 300)
  void readsWhatWasMeantWhereverItIsCut(
      @ForAll("events") List<Meant> events,
      @ForAll("ends") List<String> ends,
      @ForAll("marks") String mark)
      throws SseRefusedException {
    StringBuilder text = new StringBuilder(mark);
    List<String> meant = new ArrayList<>();
    int lines = 0;
    for (Meant event : events) {
      List<String> own = new ArrayList<>(event.noise());
      if (!event.event().isEmpty()) {
        own.add("event: " + event.event());
      }
      event.data().forEach(line -> own.add((line.startsWith(" ") ? "data: " : "data:") + line));
      own.add("");
      for (String line : own) {
        text.append(line).append(end(line, ends.get(lines++ % ends.size()), text));
      }
      meant.add(
          SseReference.show(
              event.event().isEmpty() ? null : latin(event.event()),
              null,
              null,
              latin(String.join("\n", event.data()))));
    }
    text.append("data: not finished");
    byte[] stream = text.toString().getBytes(StandardCharsets.UTF_8);

    assertThat(SseReference.decoded(stream)).isEqualTo(meant);
    assertThat(SseReference.events(stream)).isEqualTo(meant);
    assertThat(SseReference.decoded(stream, IntStream.range(0, stream.length).toArray()))
        .isEqualTo(meant);
    for (int cut = 0; cut < stream.length; cut++) {
      assertThat(SseReference.decoded(stream, cut)).as("cut at %d", cut).isEqualTo(meant);
    }
  }

  /** A lone LF behind a CR would be the end of the line before. */
  private static String end(String line, String end, StringBuilder before) {
    boolean joins =
        line.isEmpty()
            && end.equals("\n")
            && !before.isEmpty()
            && before.charAt(before.length() - 1) == '\r';
    return joins ? "\r" : end;
  }

  @Provide
  Arbitrary<List<Meant>> events() {
    Arbitrary<String> line =
        Arbitraries.oneOf(
            Arbitraries.of("", "{\"a\":1}", " x", ":", "data: x", "\u00e9\u20ac\ud83d\ude00", "\0"),
            Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(20));
    Arbitrary<String> noise =
        Arbitraries.of(
            ":", ": keep-alive", "retry: soon", "x", "DATA: x", "data : x", " data: x", ":\0");
    return Combinators.combine(
            Arbitraries.of("", "message", "other", "\u00e9"),
            line.list().ofMinSize(1).ofMaxSize(3),
            noise.list().ofMaxSize(2))
        .as(Meant::new)
        .list()
        .ofMaxSize(4);
  }

  @Provide
  Arbitrary<List<String>> ends() {
    return Arbitraries.of("\n", "\r", "\r\n").list().ofMinSize(1).ofMaxSize(5);
  }

  @Provide
  Arbitrary<String> marks() {
    return Arbitraries.of("", "\ufeff");
  }

  private static String latin(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
