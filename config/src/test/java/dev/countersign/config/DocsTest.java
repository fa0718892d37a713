// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.nodes.Node;

/** What is written of the declarations, and how they are written themselves. */
final class DocsTest {
  static final Path DOCS = Path.of("").toAbsolutePath().resolveSibling("docs");
  private static final List<String> KEYWORDS =
      List.of(
          "$schema",
          "title",
          "description",
          "type",
          "enum",
          "pattern",
          "minLength",
          "minimum",
          "maximum",
          "minItems",
          "items",
          "anyOf",
          "minProperties",
          "properties",
          "propertyNames",
          "required",
          "additionalProperties",
          "default");

  static final boolean WRITE = Boolean.getBoolean("countersign.write-docs");

  @Test
  void schemaIsThatOfTheDeclarations() throws IOException {
    assertCommitted("config.schema.json", schema());
  }

  @Test
  void referenceIsThatOfTheDeclarations() throws IOException {
    assertCommitted("configuration.md", ReferencePage.text());
  }

  private static void assertCommitted(String name, String text) throws IOException {
    Path file = DOCS.resolve(name);
    if (WRITE) {
      Files.writeString(file, text);
    }
    assertThat(Files.readString(file))
        .as(
            "docs/%s; write it anew with"
                + " mvn -pl config test -Dtest=DocsTest -Dcountersign.write-docs=true",
            name)
        .isEqualTo(text);
  }

  static String schema() throws IOException {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", "Countersign's settings");
    schema.put("description", FileSection.KEYS.meaning());
    schema.putAll(SectionType.always(FileSection.KEYS).schema());
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter()
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withArrayIndenter(DefaultPrettyPrinter.NopIndenter.instance);
    return new ObjectMapper().writer(printer).writeValueAsString(inOrder(schema, true)) + "\n";
  }

  /** Keywords in the order of the list, keys of settings in that of their declarations. */
  private static Object inOrder(Object value, boolean keywords) {
    return switch (value) {
      case Map<?, ?> map -> {
        Map<String, Object> ordered = new LinkedHashMap<>();
        List<String> names =
            map.keySet().stream()
                .map(Object::toString)
                .sorted(Comparator.comparingInt(name -> keywords ? KEYWORDS.indexOf(name) : 0))
                .toList();
        names.forEach(
            name ->
                ordered.put(
                    name,
                    inOrder(Objects.requireNonNull(map.get(name)), !name.equals("properties"))));
        assertThat(keywords && !KEYWORDS.containsAll(names)).as("keywords of " + names).isFalse();
        yield ordered;
      }
      case List<?> list -> list.stream().map(one -> inOrder(one, true)).toList();
      default -> value;
    };
  }

  static List<Key<?>> keys() {
    List<Key<?>> keys = new ArrayList<>();
    collect(FileSection.KEYS, keys);
    return keys;
  }

  private static void collect(Keys of, List<Key<?>> into) {
    for (Key<?> key : of.all()) {
      into.add(key);
      switch (key.type()) {
        case SectionType section -> collect(section.keys(), into);
        case ListType<?> list when list.element() instanceof SectionType section ->
            collect(section.keys(), into);
        case MapType<?> map when map.element() instanceof SectionType section ->
            collect(section.keys(), into);
        default -> {}
      }
    }
  }

  @ParameterizedTest
  @MethodSource("keys")
  <T> void meaningIsASentenceAndTheExampleIsAccepted(Key<T> key) {
    assertThat(key.meaning()).matches("(?s)[A-Z`].*\\.");
    assertThat(key.name()).matches("[a-z][a-z0-9_]*");
    if (!key.example().isEmpty() && !readsFiles(key.type())) {
      Reading reading = new Reading("example", Path.of(""), TestFile.ENVIRONMENT, Map.of());
      Place place = Place.file(reading);
      Node node =
          Objects.requireNonNull(
              YamlText.parse(key.example().getBytes(StandardCharsets.UTF_8), place));
      assertThat(key.type().read(node, place)).isNotNull();
      assertThat(reading.problems()).isEmpty();
    }
  }

  private static boolean readsFiles(Type<?> type) {
    return type instanceof FileType;
  }

  @Test
  void defaultsAreWithinTheirOwnBounds() {
    for (Key<?> key : keys()) {
      assertDefaultIsAccepted(key);
    }
  }

  private static <T> void assertDefaultIsAccepted(Key<T> key) {
    T otherwise = key.otherwise();
    if (otherwise != null && key.type() instanceof ScalarType<T> type) {
      Reading reading = new Reading("default", Path.of(""), Map.of(), Map.of());
      T read = type.parse(type.written(otherwise).toString(), Place.file(reading));
      assertThat(read).as(key.name()).isEqualTo(otherwise);
    }
  }

  @Test
  void namesAreThereOnceInTheirSection() {
    assertThat(FileSection.KEYS.names()).doesNotHaveDuplicates();
    assertThat(Set.copyOf(LimitsSection.KEYS.names())).hasSameSizeAs(LimitsSection.KEYS.names());
  }
}
