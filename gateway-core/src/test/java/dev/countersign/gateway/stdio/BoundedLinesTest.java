// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BoundedLinesTest {
  private final List<String> said = new ArrayList<>();

  private final class Said implements BoundedLines.Sink {
    @Override
    public void line(byte[] line) {
      said.add(new String(line, StandardCharsets.UTF_8));
    }

    @Override
    public void tooLong(byte[] beginning) {
      assertThat(beginning).hasSizeLessThanOrEqualTo(10);
      said.add("…");
    }
  }

  /** Gives what it has in pieces of a size, as pipes do. */
  private static InputStream pieces(String text, int size) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {
      @Override
      public synchronized int read(byte[] into, int from, int length) {
        return super.read(into, from, Math.min(length, size));
      }
    };
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "two lines|a;bc;|a,bc",
        "the end of a line may be CR LF|a^;b;|a,b",
        "a CR elsewhere is the line's|a^b;|a^b",
        "an empty line is a line|b;;a;|b,,a",
        "a last line without an end is dropped|a;b|a",
        "a line of exactly the bound|12345678;b;|12345678,b",
        "a line of the bound and CR LF|12345678^;b;|12345678,b",
        "a line over the bound|123456789;b;|…,b",
        "a line far over the bound|12345678901234567890123456789012345;b;|…,b",
        "a line over the bound without an end|123456789012|…",
        "a line over the bound only by its CR|123456789^;b;|…,b",
        "two lines over the bound|1234567890123;1234567890123;b;|…,…,b",
      })
  void linesAreCutWhereverPiecesEnd(String because, String text, String lines) throws IOException {
    for (int size = 1; size <= 40; size++) {
      said.clear();

      new BoundedLines(pieces(text.replace(';', '\n').replace('^', '\r'), size), 8)
          .readTo(new Said());

      assertThat(String.join(",", said).replace('\r', '^'))
          .as(because + " in pieces of " + size)
          .isEqualTo(lines);
    }
  }
}
