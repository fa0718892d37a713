// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTest {
  @ParameterizedTest
  @CsvSource({
    "001b, ESC begins a terminal's commands",
    "009b, CSI in one character",
    "000d, back to the start of the line",
    "0008, backspace",
    "202e, right-to-left override",
    "200b, zero-width space",
    "2028, line separator",
    "00a0, a space that is none",
    "feff, BOM",
    "e000, private use"
  })
  void whatWouldDeceiveIsEscaped(String hex, String why) {
    String text = "a" + (char) Integer.parseInt(hex, 16) + "b";
    assertThat(Printable.line(text)).as(why).isEqualTo("a\\u" + hex + "b");
    assertThat(Printable.lines(text)).as(why).isEqualTo("a\\u" + hex + "b");
  }

  @Test
  void ordinaryTextStaysAsItIs() {
    assertThat(Printable.line("read_note ü 漢字 🙂 \"x\"")).isEqualTo("read_note ü 漢字 🙂 \"x\"");
  }

  @Test
  void lineFeedsStayOnlyWhereLinesAreDue() {
    assertThat(Printable.line("a\nb")).isEqualTo("a\\u000ab");
    assertThat(Printable.lines("a\nb")).isEqualTo("a\nb");
  }

  @Test
  void tagCharactersBeyondTheBasicPlaneAreEscaped() {
    assertThat(Printable.line(new String(Character.toChars(0xE0041)))).isEqualTo("\\udb40\\udc41");
  }
}
