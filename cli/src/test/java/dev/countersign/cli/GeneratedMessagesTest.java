// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.countersign.cli.WireFixture.Way;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * Whatever message a client sends, the server gets its method, target and arguments as they were
 * written: numbers as text, keys in order, escapes as escapes. Whatever list a server sends, the
 * client gets its visible entries, in order, byte for byte.
 */
final class GeneratedMessagesTest {
  private static final JsonFactory JSON = new JsonFactory();

  private static final Path FOLDER = folder();
  private static final WireFixture WIRE = start();

  private static Path folder() {
    try {
      return Files.createTempDirectory("generated");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static WireFixture start() {
    try {
      return new WireFixture(FOLDER);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterContainer
  static void stop() throws IOException {
    WIRE.close();
    try (Stream<Path> files = Files.walk(FOLDER)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Property(tries = 200)
  void messageReachesTheServerAsItWasWritten(
      @ForAll Way way,
      @ForAll("ids") String id,
      @ForAll("tools") String tool,
      @ForAll("objects") String arguments,
      @ForAll("blanks") String blank)
      throws Exception {
    WIRE.server.seen.clear();
    WIRE.server.script =
        RawToolServer.json("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"n\":1.50}}");
    String params = "\"name\":" + blank + tool + ",\"arguments\":" + arguments + blank;
    String body = blank + WireFixture.message(way, id, "tools/call", params) + blank;

    HttpResponse<String> answer =
        WIRE.post(
            WIRE.request(way, "tools/call", text(tool)), body.getBytes(StandardCharsets.UTF_8));

    assertThat(answer.body()).as(body).contains("\"result\":{\"n\":1.50}");
    assertThat(WIRE.server.seen).hasSize(1);
    RawToolServer.Received received = WIRE.server.seen.getFirst();
    String sent = new String(received.body(), StandardCharsets.UTF_8);
    assertThat(tokens(sent)).isEqualTo(tokens(body));
    assertThat(sent).contains("\"name\":" + blank + tool + ",\"arguments\":" + arguments);
    if (way == Way.MODERN) {
      assertThat(received.header("mcp-method")).isEqualTo("tools/call");
      assertThat(received.header("mcp-name")).isEqualTo(text(tool));
    }
  }

  @Property(tries = 100)
  void listKeepsOrderAndBytesOfWhatIsShown(
      @ForAll Way way, @ForAll("entries") List<String> entries, @ForAll("blanks") String blank)
      throws Exception {
    List<String> unique = new ArrayList<>();
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      String entry = entries.get(i).formatted(i);
      unique.add(entry);
      if (entry.contains("\"shown-") || entry.contains("\"sh\\u006fwn-")) {
        shown.add(entry);
      }
    }
    String list = "[" + blank + String.join(blank + "," + blank, unique) + blank + "]";
    WIRE.server.script =
        RawToolServer.json(
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"complete\",\"tools\":"
                + list
                + ",\"nextCursor\":\"a%/b\"}}");

    HttpResponse<String> answer =
        WIRE.post(
            WIRE.request(way, "tools/list", ""),
            WireFixture.message(way, "7", "tools/list", "").getBytes(StandardCharsets.UTF_8));

    assertThat(answer.body())
        .contains("\"tools\":[" + String.join(",", shown) + "],\"nextCursor\":\"")
        .doesNotContain("hidden", "a%/b");
  }

  /** Texts of ids that JSON-RPC numbers and strings have more than one spelling for. */
  @Provide
  Arbitrary<String> ids() {
    return Arbitraries.oneOf(
        Arbitraries.longs().between(-9007199254740991L, 9007199254740991L).map(String::valueOf),
        Arbitraries.strings()
            .withCharRange(' ', '~')
            .excludeChars('"', '\\')
            .ofMaxLength(40)
            .map(text -> '"' + text + '"'),
        Arbitraries.of("\"\"", "\"\\u0041\"", "\"\\ud83d\\ude00\"", "\"\u00e9\\/\"", "-0"));
  }

  @Provide
  Arbitrary<String> tools() {
    return Arbitraries.strings()
        .withChars("abcxyzABC019_-.")
        .ofMaxLength(20)
        .map(text -> "\"r" + text + '"');
  }

  @Provide
  Arbitrary<String> blanks() {
    return Arbitraries.of("", " ", "\n", "\r\n\t ");
  }

  @Provide
  Arbitrary<String> objects() {
    return object(3);
  }

  @Provide
  Arbitrary<List<String>> entries() {
    Arbitrary<String> names = Arbitraries.of("\"shown-%d\"", "\"hidden-%d\"", "\"sh\\u006fwn-%d\"");
    return Combinators.combine(names, object(2).map(text -> text.replace("%", "")))
        .as((name, schema) -> "{\"inputSchema\":" + schema + ", \"name\" :" + name + " }")
        .list()
        .ofMaxSize(40);
  }

  private static Arbitrary<String> object(int depth) {
    return value(depth)
        .list()
        .ofMaxSize(4)
        .flatMap(
            values ->
                keys()
                    .list()
                    .ofSize(values.size())
                    .map(
                        keys -> {
                          StringBuilder text = new StringBuilder("{");
                          for (int i = 0; i < values.size(); i++) {
                            // Numbered, so that no two are the same, escapes undone and case
                            // folded.
                            text.append(i == 0 ? "" : ",")
                                .append('"')
                                .append(i)
                                .append(keys.get(i));
                            text.append("\":").append(values.get(i));
                          }
                          return text.append('}').toString();
                        }));
  }

  private static Arbitrary<String> keys() {
    return Arbitraries.oneOf(
        Arbitraries.of("", "name", "\\u006eame", "constructor", "\\ud83d\\ude00", "\u017f", "a b"),
        Arbitraries.strings().withCharRange('a', 'z').ofMaxLength(8));
  }

  private static Arbitrary<String> value(int depth) {
    Arbitrary<String> scalar =
        Arbitraries.oneOf(
            Arbitraries.of(
                "true",
                "false",
                "null",
                "0",
                "-0",
                "0.0",
                "-0.0",
                "1.0",
                "1.50",
                "1e5",
                "1E+2",
                "2.5e-3",
                "100",
                "0.1",
                "9007199254740991",
                "\"\"",
                "\"\\u0000\"",
                "\"\\n\\/\"",
                "\"\\u00e9\"",
                "\"\u00e9\"",
                "\"\\ud83d\\ude00\"",
                "\"\ud83d\ude00\"",
                "\"\u2028\"",
                "[]",
                "{}",
                "[ ]"),
            Arbitraries.doubles().between(-1e9, 1e9).ofScale(3).map(String::valueOf),
            Arbitraries.strings()
                .withCharRange(' ', '\ud7ff')
                .excludeChars('"', '\\', '\u007f')
                .ofMaxLength(12)
                .map(text -> '"' + text + '"'));
    if (depth == 0) {
      return scalar;
    }
    return Arbitraries.frequencyOf(
        Tuple.of(4, scalar),
        Tuple.of(
            1,
            Arbitraries.lazy(() -> value(depth - 1))
                .list()
                .ofMaxSize(4)
                .map(values -> "[" + String.join(", ", values) + "]")),
        Tuple.of(1, Arbitraries.lazy(() -> object(depth - 1))));
  }

  private static String text(String json) {
    return json.substring(1, json.length() - 1);
  }

  /** Another reader's view: every token in order, numbers as they are written. */
  private static List<String> tokens(String json) throws IOException {
    List<String> tokens = new ArrayList<>();
    try (JsonParser parser = JSON.createParser(json)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        tokens.add(token + " " + parser.getText());
      }
    }
    return tokens;
  }
}
