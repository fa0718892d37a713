// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Text of a form. */
final class TextType extends ScalarType<String> {
  private final String form;
  private final Pattern pattern;

  /**
   * @param form a regular expression for the whole text, in what Java and JSON Schema share
   */
  TextType(String expected, String form) {
    super(expected);
    this.form = form;
    this.pattern = Pattern.compile(form);
  }

  @Override
  boolean isText() {
    return true;
  }

  @Override
  @Nullable String parse(String text, Place place) {
    return pattern.matcher(text).matches() ? text : refuse(place.shown(text), place);
  }

  @Override
  public String standIn() {
    return "stand-in";
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "string", "pattern", "^(" + form + ")$");
  }
}
