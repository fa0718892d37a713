// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads from a tool's input schema which arguments are mirrored in headers. Nothing is
 * dereferenced; the walk is bounded by the document's depth and size.
 */
public final class InputSchema {
  private static final String KEYWORD = "x-mcp-header";

  /** RFC 9110 section 5.6.2: what a header's name may be made of. */
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");

  private static final Set<String> TYPES = Set.of("string", "integer", "boolean");

  /** Keywords whose members are schemas, but not of properties that are surely there. */
  private static final Set<String> NAMED_SCHEMAS =
      Set.of("patternProperties", "$defs", "definitions", "dependentSchemas");

  /** Keywords whose values are data: what looks like a keyword in them is none. */
  private static final Set<String> DATA = Set.of("const", "enum", "default", "examples");

  private static final int BINDINGS_MAX = 32;

  private final List<ParamBinding> bindings = new ArrayList<>();
  private final Set<String> headers = new HashSet<>();
  private @Nullable String fault;

  private InputSchema() {}

  /**
   * What a schema says.
   *
   * @param bindings the mirrored arguments; empty when there is a fault
   * @param fault why a tool with this schema must not be offered, or null
   */
  public record Reading(List<ParamBinding> bindings, @Nullable String fault) {
    public Reading {
      bindings = List.copyOf(bindings);
    }
  }

  /** Reads a tool's {@code inputSchema}; one that is absent mirrors nothing. */
  public static Reading read(@Nullable JsonValue schema) {
    if (schema == null || schema.kind() != JsonKind.OBJECT) {
      return new Reading(List.of(), null);
    }
    InputSchema reader = new InputSchema();
    reader.schema(schema, List.of());
    String fault = reader.fault;
    return new Reading(fault == null ? reader.bindings : List.of(), fault);
  }

  /**
   * @param path how an argument gets here through {@code properties}; null when it may get here
   *     another way, or not at all
   */
  private void schema(JsonValue schema, @Nullable List<String> path) {
    for (JsonMember member : schema.members()) {
      JsonValue value = member.value();
      String keyword = member.name();
      if (keyword.equals(KEYWORD)) {
        bind(schema, value, path);
      } else if (keyword.equals("properties")) {
        for (JsonMember property : value.members()) {
          schema(property.value(), path == null ? null : with(path, property.name()));
        }
      } else if (NAMED_SCHEMAS.contains(keyword)) {
        value.members().forEach(named -> schema(named.value(), null));
      } else if (!DATA.contains(keyword)) {
        schema(value, null);
        value.elements().forEach(element -> schema(element, null));
      }
    }
  }

  private void bind(JsonValue schema, JsonValue name, @Nullable List<String> path) {
    JsonValue type = schema.member("type");
    if (name.kind() != JsonKind.STRING || !TOKEN.matcher(name.text()).matches()) {
      fault = KEYWORD + " is not a header name";
    } else if (path == null || path.isEmpty()) {
      fault = KEYWORD + " is not on a property that is reached through properties alone";
    } else if (type == null || type.kind() != JsonKind.STRING || !TYPES.contains(type.text())) {
      fault = KEYWORD + " is not on a string, integer or boolean";
    } else if (!headers.add(name.text().toLowerCase(Locale.ROOT))) {
      fault = KEYWORD + " names one header twice";
    } else if (bindings.size() == BINDINGS_MAX) {
      fault = KEYWORD + " is there more than " + BINDINGS_MAX + " times";
    } else {
      bindings.add(new ParamBinding(name.text().toLowerCase(Locale.ROOT), path));
    }
  }

  private static List<String> with(List<String> path, String name) {
    List<String> longer = new ArrayList<>(path);
    longer.add(name);
    return longer;
  }
}
