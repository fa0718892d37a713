// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
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

  private final Iterable<String> secrets;
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
    this.secrets = secrets;
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
    String text = new String(line, StandardCharsets.UTF_8);
    for (String secret : secrets) {
      if (secret.length() >= SECRET_CHARS_MIN) {
        text = text.replace(secret, "[secret]");
      }
    }
    log.accept(escaped(text) + end);
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
