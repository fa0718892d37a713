// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/** Texts as JSON strings. */
public final class JsonText {
  private JsonText() {}

  /** A text between quotation marks, escaped. */
  public static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }
}
