// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import static dev.countersign.gateway.mcp.Messages.bytes;
import static dev.countersign.gateway.mcp.Messages.json;
import static dev.countersign.gateway.mcp.Messages.member;
import static dev.countersign.gateway.mcp.Messages.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RewriteTest {
  /** Everything that a re-serialization would change. */
  private static final String ODD =
      "\"odd\" : [1.50,1E2 ,-0, 12345678901234567890,\"\\u0041\\/\\ud83d\\ude00\u00e9\",{ }]";

  @Test
  void cutsTheCapabilitiesOfAModernRequestAndNothingElse() {
    String before =
        "{ \"jsonrpc\":\"2.0\" ,\r\n\"id\":1,\"method\":\"tools/call\",\"params\":{"
            + ODD
            + ",\"_meta\":{ "
            + Messages.VERSION
            + ", \"io.modelcontextprotocol/clientCapabilities\" : ";
    String after = " ,\"x\":{\"sampling\":{}} },\"name\":\"n\"}\t}\n";

    assertThat(modern(before + "{\"sampling\":{\"tools\":{}},\"roots\":{} }" + after))
        .isEqualTo(before + "{}" + after);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"params\":{\"_meta\":{\"io.modelcontextprotocol/clientCapabilities\":{ }}}}",
        "{\"params\":{\"_meta\":{}}}",
        "{\"params\":{\"clientCapabilities\":{\"sampling\":{}}}}",
        "{}"
      })
  void sendsAModernRequestOnAsItIs(String body) {
    McpMessage message = Messages.message(Era.MODERN, McpMethod.TOOLS_CALL, body);

    BodyEdit edit = new BodyEdit(message.body());
    Rewrite.modernRequest(message, edit, "{}", LogLevel.INFO);

    assertThat(edit.bytes()).isSameAs(message.body());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"2025-11-25\"|\"2025-11-25\"",
        "\"2025-06-18\"|\"2025-06-18\"",
        "\"2025-03-26\"|\"2025-03-26\"",
        "\"2024-11-05\"|\"2025-11-25\"",
        "\"2026-07-28\"|\"2025-11-25\"",
        "\"\"|\"2025-11-25\"",
        "\"2025\\u002d11-25\"|\"2025\\u002d11-25\""
      })
  void asksTheServerForAVersionThatIsSpoken(String asked, String sent) {
    String before =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
            + ODD
            + ",\"protocolVersion\" : ";
    String after = " ,\"clientInfo\":{\"name\":\"c\"}}}";

    assertThat(initialize(before + asked + after)).isEqualTo(before + sent + after);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"{\"sampling\":{},\"roots\":{\"listChanged\":true}}|{}", "{ }|{ }", "[1]|{}"})
  void declaresNothingToTheServer(String declared, String sent) {
    String before = "{\"params\":{\"capabilities\":";
    String after = ",\"protocolVersion\":\"2025-11-25\"}}";

    assertThat(initialize(before + declared + after)).isEqualTo(before + sent + after);
  }

  @Test
  void changesBothWhicheverComesFirst() {
    assertThat(
            initialize(
                "{\"params\":{\"protocolVersion\":\"1\",\"x\":1,\"capabilities\":{\"a\":1}}}"))
        .isEqualTo("{\"params\":{\"protocolVersion\":\"2025-11-25\",\"x\":1,\"capabilities\":{}}}");
    assertThat(
            initialize(
                "{\"params\":{\"capabilities\":{\"a\":1},\"x\":1,\"protocolVersion\":\"1\"}}"))
        .isEqualTo("{\"params\":{\"capabilities\":{},\"x\":1,\"protocolVersion\":\"2025-11-25\"}}");
  }

  @Test
  void promisesOnlyWhatIsServed() {
    String reply =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{"
            + ODD
            + ",\"capabilities\": {"
            + "\"logging\":{},\"tools\" : {\"listChanged\":true,\"x\":[1.0]},\"completions\":{},"
            + "\"resources\":{ \"subscribe\":true , \"listChanged\":false},\"prompts\":{},"
            + "\"experimental\":{\"a\":{}},\"extensions\":{},\"tasks\":{}} ,\"serverInfo\":{}}}";

    assertThat(facts(reply))
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{"
                + ODD
                + ",\"capabilities\": {\"logging\":{},\"tools\" :"
                + " {\"listChanged\":true,\"x\":[1.0]},\"completions\":{},\"resources\":{"
                + " \"subscribe\":true , \"listChanged\":false},\"prompts\":{},\"tasks\":{}}"
                + " ,\"serverInfo\":{}}}");
  }

  @Test
  void servesNothingThatIsPromisedInAnotherShape() {
    assertThat(facts("{\"result\":{\"capabilities\":{\"tools\":true,\"prompts\":null}}}"))
        .isEqualTo("{\"result\":{\"capabilities\":{}}}");
    assertThat(facts("{\"result\":{\"capabilities\":{\"to\\u006fls\":{}}}}"))
        .isEqualTo("{\"result\":{\"capabilities\":{\"to\\u006fls\":{}}}}");
    assertThat(facts("{\"result\":{\"capabilities\":[]}}"))
        .isEqualTo("{\"result\":{\"capabilities\":[]}}");
  }

  @Test
  void namesOnlyVersionsThatAreSpoken() {
    assertThat(
            facts(
                "{\"result\":{\"supportedVersions\":[\"2099-01-01\", \"2026-07-28\",1,null,"
                    + " \"2025-11-25\",\"2024-11-05\"],\"ttlMs\":1,\"cacheScope\":\"public\"}}"))
        .isEqualTo(
            "{\"result\":{\"supportedVersions\":[\"2026-07-28\",\"2025-11-25\"],"
                + "\"ttlMs\":1,\"cacheScope\":\"private\"}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "abc|[{\"name\":\"a\"},{\"name\" : \"b\", \"x\":1.0},{\"name\":\"c\"}]",
        "ac|[{\"name\":\"a\"},{\"name\":\"c\"}]",
        "b|[{\"name\" : \"b\", \"x\":1.0}]",
        "x|[]"
      })
  void keepsTheEntriesThatMayBeSeen(String visible, String kept) {
    String before = "{\"id\":1,\"result\":{\"tools\" :";
    String after = ",\"nextCursor\":\"n\"," + ODD + ",\"_meta\":{\"tools\":[{\"name\":\"b\"}]}}} ";
    String entries = "[ {\"name\":\"a\"} , {\"name\" : \"b\", \"x\":1.0},\n{\"name\":\"c\"} ]";

    assertThat(
            list(before + entries + after, entry -> visible.contains(member(entry, "name").text())))
        .isEqualTo(before + kept + after);
  }

  @Test
  void asksAboutEachEntryOnceAndInOrder() {
    List<String> asked = new ArrayList<>();
    String rewritten =
        list(
            "{\"result\":{\"tools\":[{\"name\":\"b\"},{\"name\":\"a\"},{\"name\":\"b\"}]}}",
            entry -> asked.add(member(entry, "name").text()));

    assertThat(asked).containsExactly("b", "a", "b");
    assertThat(rewritten)
        .isEqualTo("{\"result\":{\"tools\":[{\"name\":\"b\"},{\"name\":\"a\"},{\"name\":\"b\"}]}}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"public\"", "\"private\"", "null", "{\"a\":[]}"})
  void letsNobodyElseCacheAFilteredList(String scope) {
    assertThat(list("{\"result\":{\"cacheScope\":" + scope + ",\"tools\":[]}}", entry -> true))
        .isEqualTo("{\"result\":{\"cacheScope\":\"private\",\"tools\":[]}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|{\"ttlMs\":0,\"cacheScope\":\"private\"}",
        "{\"a\":1}|{\"a\":1,\"ttlMs\":0,\"cacheScope\":\"private\"}",
        "{\"ttlMs\":5,\"cacheScope\":\"public\"}|{\"ttlMs\":5,\"cacheScope\":\"private\"}",
        "{\"ttlMs\":11,\"cacheScope\":1}|{\"ttlMs\":10,\"cacheScope\":\"private\"}",
        "{\"cacheScope\":\"private\",\"ttlMs\":-1}|{\"cacheScope\":\"private\",\"ttlMs\":0}",
        "{\"ttlMs\":\"9\"}|{\"ttlMs\":0,\"cacheScope\":\"private\"}",
        "{\"ttlMs\":1.5}|{\"ttlMs\":0,\"cacheScope\":\"private\"}"
      })
  void statesThatAModernAnswerIsItsCallersAndForHowLong(String result, String stated) {
    String reply = "{\"result\":" + result + "}";

    assertThat(text(Rewrite.readResult(bytes(reply), member(json(reply), "result"), 10)))
        .isEqualTo("{\"result\":" + stated + "}");
  }

  @Test
  void replacesRangesInAnyOrderAndNoOthers() {
    Random random = new Random(11);
    byte[] original = bytes("0123456789abcdefghij");
    for (int round = 0; round < 500; round++) {
      int a = random.nextInt(5);
      int b = a + random.nextInt(5);
      int c = b + random.nextInt(5);
      int d = c + random.nextInt(5);
      BodyEdit edit = new BodyEdit(original);
      if (b == c && a == b) {
        continue;
      }
      edit.replace(c, d, bytes("Y")).replace(a, b, bytes("XX"));
      String all = text(original);
      assertThat(text(edit.bytes()))
          .isEqualTo(all.substring(0, a) + "XX" + all.substring(b, c) + "Y" + all.substring(d));
    }
  }

  @Test
  void keepsInstructionsFromClientsWhereTheOperatorWantsThat() {
    String reply = "{\"result\":{\"instructions\":\"Obey me\",\"serverInfo\":{}}}";

    assertThat(facts(reply)).isEqualTo(reply);
    assertThat(text(Rewrite.initialized(bytes(reply), member(json(reply), "result"), false)))
        .isEqualTo("{\"result\":{\"serverInfo\":{}}}");
    assertThat(text(Rewrite.discovered(bytes(reply), member(json(reply), "result"), false, 1)))
        .isEqualTo("{\"result\":{\"serverInfo\":{},\"ttlMs\":0,\"cacheScope\":\"private\"}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|{}",
        "{\"a\":1}|{}",
        "{ \"a\":1 , \"b\":2 }|{  }",
        "{\"a\":1,\"c\":3}|{\"c\":3}",
        "{\"c\":3, \"a\":1}|{\"c\":3}",
        "{\"c\":3,\"a\":1,\"b\":2,\"d\":4}|{\"c\":3,\"d\":4}",
        "{\"a\":1,\"c\":3,\"b\":2,\"d\":4,\"a2\":5}|{\"c\":3,\"d\":4,\"a2\":5}",
        "{\"a\":1,\"b\":2,\"d\":4}|{\"d\":4}"
      })
  void takesMembersOut(String object, String left) {
    assertThat(text(new BodyEdit(bytes(object)).remove(json(object), Set.of("a", "b")).bytes()))
        .isEqualTo(left);
  }

  @Test
  void refusesRangesThatOverlap() {
    BodyEdit edit =
        new BodyEdit(bytes("0123456789")).replace(2, 6, bytes("")).replace(5, 8, bytes(""));

    assertThatThrownBy(edit::bytes).isInstanceOf(IllegalStateException.class);
  }

  private static String modern(String body) {
    BodyEdit edit = new BodyEdit(bytes(body));
    Rewrite.modernRequest(
        Messages.message(Era.MODERN, McpMethod.TOOLS_CALL, body), edit, "{}", LogLevel.INFO);
    return text(edit.bytes());
  }

  private static String initialize(String body) {
    return text(
        Rewrite.initializeRequest(
            Messages.message(Era.LEGACY, McpMethod.INITIALIZE, body),
            ClientCapabilities.NONE,
            Era.LEGACY_VERSIONS));
  }

  private static String facts(String reply) {
    return text(Rewrite.initialized(bytes(reply), member(json(reply), "result"), true));
  }

  private static String list(String reply, Predicate<JsonValue> visible) {
    JsonValue result = member(json(reply), "result");
    return text(
        Rewrite.list(bytes(reply), result, member(result, "tools"), visible, next -> next, -1));
  }
}
