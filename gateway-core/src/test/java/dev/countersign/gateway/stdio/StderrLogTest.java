// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class StderrLogTest {
  private final List<String> logged = new ArrayList<>();
  private final AtomicInteger suppressed = new AtomicInteger();
  private final StderrLog log =
      new StderrLog(List.of("s3cret-value", "on"), logged::add, suppressed::incrementAndGet);

  private void say(String line) {
    log.line(line.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whatCouldMoveATerminalIsWrittenAsACode() {
    say("a\u001b[31mb\u202ec\u2028d\u0000é");

    assertThat(logged).containsExactly("a\\u{1b}[31mb\\u{202e}c\\u{2028}d\\u{0}é");
  }

  @Test
  void bytesThatAreNoTextAreNotMissed() {
    log.line(new byte[] {'a', (byte) 0xff, 'b'});

    assertThat(logged).containsExactly("a\ufffdb");
  }

  @Test
  void secretsOfTheProgramStayOutOfTheLog() {
    say("token s3cret-value is on");

    assertThat(logged).containsExactly("token [secret] is on");
  }

  @Test
  void secretsOfManyLinesStayOutOfTheLogLineByLine() {
    StderrLog many =
        new StderrLog(List.of("-----BEGIN-----\r\n  c2VjcmV0\r\nab\r\n"), logged::add, () -> {});
    many.line("key: c2VjcmV0 in ab".getBytes(StandardCharsets.UTF_8));

    assertThat(logged).containsExactly("key: [secret] in ab");
  }

  @Test
  void secretThatIsCutWithItsLineStaysOutOfTheLog() {
    log.tooLong("s3cret-value and s3cret-va".getBytes(StandardCharsets.UTF_8));

    assertThat(logged).containsExactly("[secret] and [secret]…");
  }

  @Test
  void longLineIsCutAndSaysSo() {
    log.tooLong("beginning".getBytes(StandardCharsets.UTF_8));

    assertThat(logged).containsExactly("beginning…");
  }

  @Test
  void floodIsCountedAndNotLogged() {
    for (int i = 0; i < 10_000; i++) {
      say("line");
    }

    assertThat(logged).hasSizeBetween(StderrLog.BURST, 5_000);
    assertThat(logged.stream().filter("line"::equals).count() + suppressed.get()).isEqualTo(10_000);
  }
}
