// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One field of a form.
 *
 * @param type what it takes
 * @param choices the texts it takes, or null for any
 * @param min least characters, value or number of choices; negative infinity for none
 * @param max most of them; infinity for none
 */
record FormField(Type type, @Nullable Set<String> choices, double min, double max) {
  private static final int CHOICES_MAX = 1000;

  /** What fields take. */
  enum Type {
    TEXT,
    NUMBER,
    INTEGER,
    TRUTH,
    CHOICES
  }

  static FormField of(JsonValue schema) {
    String type = ElicitationForm.text(schema.member("type"));
    return switch (type == null ? "" : type) {
      case "string" ->
          new FormField(
              Type.TEXT,
              choices(schema, "oneOf"),
              bound(schema, "minLength", Double.NEGATIVE_INFINITY),
              bound(schema, "maxLength", Double.POSITIVE_INFINITY));
      case "number" -> number(Type.NUMBER, schema);
      case "integer" -> number(Type.INTEGER, schema);
      case "boolean" ->
          new FormField(Type.TRUTH, null, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
      case "array" -> several(schema);
      default -> throw new InputRefusedException("a field that is neither simple nor a choice");
    };
  }

  private static FormField number(Type type, JsonValue schema) {
    return new FormField(
        type,
        null,
        bound(schema, "minimum", Double.NEGATIVE_INFINITY),
        bound(schema, "maximum", Double.POSITIVE_INFINITY));
  }

  private static FormField several(JsonValue schema) {
    JsonValue items = schema.member("items");
    Set<String> choices = items == null ? null : choices(items, "anyOf");
    if (choices == null) {
      throw new InputRefusedException("a list that is no choice");
    }
    return new FormField(
        Type.CHOICES,
        choices,
        bound(schema, "minItems", Double.NEGATIVE_INFINITY),
        bound(schema, "maxItems", Double.POSITIVE_INFINITY));
  }

  private static double bound(JsonValue schema, String name, double none) {
    JsonValue bound = schema.member(name);
    if (bound == null) {
      return none;
    }
    if (bound.kind() != JsonKind.NUMBER) {
      throw new InputRefusedException("a bound that is no number");
    }
    return bound.number();
  }

  /**
   * The values of an {@code enum}, or of the titled choices.
   *
   * @param titled the member that holds those, each with a {@code const}
   */
  private static @Nullable Set<String> choices(JsonValue schema, String titled) {
    JsonValue values = schema.member("enum");
    boolean plain = values != null;
    if (!plain) {
      values = schema.member(titled);
    }
    if (values == null) {
      return null;
    }
    Set<String> choices = new HashSet<>();
    for (JsonValue value : values.elements()) {
      String text = ElicitationForm.text(plain ? value : value.member("const"));
      if (text == null) {
        throw new InputRefusedException("a choice that is no text");
      }
      choices.add(text);
    }
    if (choices.isEmpty() || choices.size() > CHOICES_MAX) {
      throw new InputRefusedException("no choices, or too many");
    }
    return choices;
  }

  /** Whether a value may stand in it. */
  boolean takes(JsonValue value) {
    return switch (type) {
      case TEXT -> {
        String text = ElicitationForm.text(value);
        yield text != null
            && (choices == null || choices.contains(text))
            && within(text.codePointCount(0, text.length()));
      }
      case NUMBER -> value.kind() == JsonKind.NUMBER && within(value.number());
      case INTEGER ->
          value.kind() == JsonKind.NUMBER
              && value.number() == Math.rint(value.number())
              && within(value.number());
      case TRUTH -> value.kind() == JsonKind.TRUE || value.kind() == JsonKind.FALSE;
      case CHOICES -> {
        Set<String> all = choices;
        yield value.kind() == JsonKind.ARRAY
            && all != null
            && within(value.size())
            && value.elements().stream()
                .allMatch(
                    one -> {
                      String text = ElicitationForm.text(one);
                      return text != null && all.contains(text);
                    });
      }
    };
  }

  private boolean within(double value) {
    return value >= min && value <= max;
  }
}
