// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RequestHeadTest {
  private final RequestHead head =
      new RequestHead(
          "POST",
          "/",
          List.of(
              new Header("Accept", "a"),
              new Header("mcp-param-x", "1"),
              new Header("accept", "b"),
              new Header("Mcp-Param-Y", "2"),
              new Header("mcp-paramz", "3"),
              new Header("ACCEPT", "c"),
              new Header("mcp-param-w", "4")),
          "here");

  @Test
  void findsValuesInOrderWhateverTheCaseOfTheirNames() {
    assertThat(head.header("accept")).isEqualTo("a");
    assertThat(head.headers("Accept")).containsExactly("a", "b", "c");
    assertThat(head.headers("mcp-paramz")).containsExactly("3");
    assertThat(head.headers("x")).isEmpty();
  }

  @Test
  void findsHeadersByTheBeginningOfTheirNames() {
    assertThat(head.headersStartingWith("mcp-param-"))
        .containsExactly(
            new Header("mcp-param-x", "1"),
            new Header("mcp-param-y", "2"),
            new Header("mcp-param-w", "4"));
    assertThat(head.headersStartingWith("x")).isEmpty();
  }
}
