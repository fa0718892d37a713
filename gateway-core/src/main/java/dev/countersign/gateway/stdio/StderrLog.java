// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What a program says on standard error, made fit for a log: short lines, no control characters,
 * none of the secrets it was given, and not more lines than a log should take. One thread.
 */
final class StderrLog implements BoundedLines.Sink {
  /** A longer line is cut here. */
  static final int LINE_BYTES_MAX = 2048;

  /** So many lines at once, and then one for each pause. */
  static final int BURST = 100;

  private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();
  private static final int SECRET_CHARS_MIN = 6;

  private final List<String> pieces;
  private final Consumer<String> log;
  private final Runnable onSuppressed;
  private long tokens = BURST;
  private long filledNanos = System.nanoTime();
  private long suppressed;

  /**
   * @param secrets what must not be logged
   * @param log takes one line
   * @param onSuppressed runs for each line that is not logged
   */
  StderrLog(Iterable<String> secrets, Consumer<String> log, Runnable onSuppressed) {
    this.pieces = pieces(secrets);
    this.log = log;
    this.onSuppressed = onSuppressed;
  }

  @Override
  public void line(byte[] line) {
    say(line, "");
  }

  @Override
  public void tooLong(byte[] beginning) {
    say(beginning, "…");
  }

  private void say(byte[] line, String end) {
    if (!mayLog()) {
      suppressed++;
      onSuppressed.run();
      return;
    }
    if (suppressed > 0) {
      log.accept("(" + suppressed + " lines were not logged)");
      suppressed = 0;
    }
    log.accept(escaped(redacted(new String(line, StandardCharsets.UTF_8), !end.isEmpty())) + end);
  }

  private String redacted(String text, boolean cut) {
    BitSet secret = new BitSet(text.length());
    for (String piece : pieces) {
      for (int at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, at + 1)) {
        secret.set(at, at + piece.length());
      }
      if (cut) {
        secret.set(beginningAtEnd(text, piece), text.length());
      }
    }
    StringBuilder out = new StringBuilder(text.length());
    int from = 0;
    for (int at = secret.nextSetBit(0); at >= 0; at = secret.nextSetBit(from)) {
      out.append(text, from, at).append("[secret]");
      from = secret.nextClearBit(at);
    }
    return out.append(text, from, text.length()).toString();
  }

  /** Where the longest beginning of a secret begins that a text was cut in; its length if none. */
  private static int beginningAtEnd(String text, String piece) {
    // A cut may leave half a character, which was read as a replacement.
    int end = text.endsWith("\ufffd") ? text.length() - 1 : text.length();
    int at = Math.max(0, end - piece.length());
    while (at < end && !piece.startsWith(text.substring(at, end))) {
      at++;
    }
    return at == end ? text.length() : at;
  }

  /** Secrets of many lines are told line by line. */
  private static List<String> pieces(Iterable<String> secrets) {
    Set<String> pieces = new LinkedHashSet<>();
    for (String secret : secrets) {
      pieces.add(secret);
      secret.lines().map(String::strip).forEach(pieces::add);
    }
    return pieces.stream().filter(piece -> piece.length() >= SECRET_CHARS_MIN).toList();
  }

  private boolean mayLog() {
    long now = System.nanoTime();
    long more = (now - filledNanos) / PAUSE_NANOS;
    if (more > 0) {
      tokens = Math.min(BURST, tokens + more);
      filledNanos += more * PAUSE_NANOS;
    }
    if (tokens == 0) {
      return false;
    }
    tokens--;
    return true;
  }

  /** What could move a terminal's cursor, or make one line look like two, is written as a code. */
  static String escaped(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              switch (Character.getType(c)) {
                case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED ->
                    out.append("\\u{").append(Integer.toHexString(c)).append('}');
                default -> out.appendCodePoint(c);
              }
            });
    return out.toString();
  }
}
