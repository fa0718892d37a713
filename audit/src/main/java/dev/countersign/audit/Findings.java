// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.ArrayList;
import java.util.List;

/** What a verification found so far; the first {@link VerifyReport#FINDINGS_MAX} of it. */
final class Findings {
  private static final int QUOTED_CHARS_MAX = 128;

  private final List<Finding> findings = new ArrayList<>();

  void add(String segment, long seq, String what) {
    if (findings.size() < VerifyReport.FINDINGS_MAX) {
      findings.add(new Finding(segment, seq, what));
    }
  }

  List<Finding> list() {
    return findings;
  }

  /** A text from a log that may have been tampered with, fit for a terminal. */
  static String quoted(String text) {
    String bounded = text.substring(0, Math.min(text.length(), QUOTED_CHARS_MAX));
    return "\"" + bounded.replaceAll("[^\\x20-\\x7e]", "?") + "\"";
  }
}
