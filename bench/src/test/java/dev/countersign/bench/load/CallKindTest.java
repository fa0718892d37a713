// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests are whole, and only their ids change. */
final class CallKindTest {
  private static String request(CallKind kind, long id) {
    ByteBuf out = Unpooled.buffer();
    // Something may stand before it.
    out.writeByte('!');
    kind.writeRequest(out, id);
    String text = out.toString(1, out.writerIndex() - 1, StandardCharsets.ISO_8859_1);
    out.release();
    return text;
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 500, 5_000, 100_000})
  void bodiesAreJsonOfAboutTheSizeThatWasAskedFor(int bytes) throws Exception {
    CallKind kind = CallKind.modern("h:1", "/a/mcp", "token", "read_x", bytes, false);

    String request = request(kind, 1_234_567_890L);

    String[] parts = request.split("\r\n\r\n", 2);
    JsonNode body = new ObjectMapper().readTree(parts[1]);
    assertThat(body.path("id").asLong()).isEqualTo(1_234_567_890L);
    assertThat(body.path("params").path("name").asText()).isEqualTo("read_x");
    assertThat(parts[1].length()).isBetween(bytes, bytes + 200);
    assertThat(parts[0])
        .startsWith("POST /a/mcp HTTP/1.1\r\nhost: h:1\r\n")
        .contains("\r\nauthorization: Bearer token\r\n", "\r\nmcp-name: read_x\r\n")
        .endsWith("\r\ncontent-length: " + parts[1].length());
  }

  @Test
  void twoRequestsOfAKindDifferInTheirIdAlone() {
    CallKind kind = CallKind.legacy("h:1", "/a/mcp", "t", "s-1", "read_x", 500).withIdInHead();

    String one = request(kind, 1_000_000_001L);
    String other = request(kind, 9_876_543_210L);

    assertThat(one.replace("1000000001", "9876543210")).isEqualTo(other);
    assertThat(other).contains("\r\nx-id: 9876543210\r\n", "\"id\":9876543210,");
  }
}
