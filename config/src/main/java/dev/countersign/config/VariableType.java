// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.config.CommandSection.Variable;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The value of an environment variable, or where it is when it is a secret. */
final class VariableType extends ScalarType<Variable> {
  private static final String FORM = "[^\\x00-\\x1f]{0,4096}";
  private static final Pattern PATTERN = Pattern.compile(FORM);

  private final SecretType secrets = new SecretType();

  VariableType() {
    super("a text of at most 4096 characters, or env:NAME or file:PATH for a secret");
  }

  @Override
  boolean isText() {
    return true;
  }

  @Override
  @Nullable Variable parse(String text, Place place) {
    if (text.startsWith("env:") || text.startsWith("file:")) {
      var secret = secrets.parse(text, place);
      return secret == null ? null : new Variable(null, secret);
    }
    return PATTERN.matcher(text).matches()
        ? new Variable(text, null)
        : refuse(place.shown(text), place);
  }

  @Override
  public Variable standIn() {
    return new Variable("stand-in", null);
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "string", "pattern", "^(" + FORM + ")$");
  }

  @Override
  public Object written(Variable value) {
    return value.secret() != null ? value.secret().toString() : Objects.toString(value.text(), "");
  }
}
