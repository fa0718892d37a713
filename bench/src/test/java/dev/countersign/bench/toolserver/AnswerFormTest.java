// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.toolserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.bench.wire.JsonBeginning;
import dev.countersign.bench.wire.MessageReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tool server's answers are whole, and its paths say what they are to be. */
final class AnswerFormTest {
  private final Counts counts = new Counts();
  private final EmbeddedChannel channel =
      new EmbeddedChannel(new ToolConnection(new Answers(3), counts));

  private MessageReader ask(String path, String body) {
    String request =
        "POST %s HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n%s"
            .formatted(path, body.length(), body);
    channel.writeInbound(
        channel.alloc().buffer().writeBytes(request.getBytes(StandardCharsets.US_ASCII)));
    MessageReader reader = new MessageReader();
    ByteBuf answer = channel.readOutbound();
    assertThat(reader.read(answer)).isTrue();
    assertThat(answer.isReadable()).isFalse();
    answer.release();
    return reader;
  }

  private static String call(String id, String tool) {
    return "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\"}}"
        .formatted(id, tool);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/mcp", "/sse/mcp", "/size-9/mcp", "/size-100000/mcp", "/size-5000/sse/mcp"})
  void echoesTheIdWhateverTheForm(String path) {
    for (String id : new String[] {"7", "1000000001"}) {
      MessageReader reader = ask(path, call(id, "read_1"));

      assertThat(reader.status()).isEqualTo(200);
      assertThat(JsonBeginning.id(reader.kept(), reader.keptLength()))
          .isEqualTo(Long.parseLong(id));
      assertThat(JsonBeginning.isResult(reader.kept(), reader.keptLength())).isTrue();
    }
  }

  @Test
  void echoesAnIdThatIsAText() {
    MessageReader reader = ask("/mcp", call("\"a/b\"", "read_1"));

    assertThat(new String(reader.kept(), 0, reader.keptLength(), StandardCharsets.UTF_8))
        .startsWith("{\"jsonrpc\":\"2.0\",\"id\":\"a/b\",\"result\":{");
  }

  @Test
  void countsCallsAndThoseThatShouldNotHaveCome() {
    ask("/mcp", call("1", "read_1"));
    ask("/mcp", call("2", "delete_note"));
    ask("/mcp", "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\"}");

    assertThat(new String(counts.answer(), StandardCharsets.US_ASCII)).endsWith("\r\n\r\n2 1");
  }

  @ParameterizedTest
  @CsvSource({
    "/mcp, 0, 110, false",
    "/delay-300/mcp, 300, 110, false",
    "/delay-5/size-70/sse/mcp, 5, 70, true"
  })
  void pathsAreWishes(String path, long delay, int text, boolean sse) {
    assertThat(Behaviour.of(path)).isEqualTo(new Behaviour(delay, text, sse));
  }
}
