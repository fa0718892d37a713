// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is known of a line that is too long. */
final class IncomingTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"jsonrpc":"2.0","id":5,"result":{"a | 5
          {"id": 17, "jsonrpc": "2.0", "error" : {"a | 17
          {"jsonrpc":"2.0","id":5,"method":"roots/list","params":{ | 0
          {"jsonrpc":"2.0","id":"5","result":{ | 0
          {"jsonrpc":"2.0","id":5.5,"result":{ | 0
          {"jsonrpc":"2.0","id":12345678901234567890,"result":{ | 0
          {"jsonrpc":"2.0","result":{"id":5,"result":1 | 0
          {"jsonrpc":"2.0","method":"notifications/message","params":{"id":5,"result":1 | 0
          garbage | 0
          """)
  void onlyABeginningThatShowsWhatItAnswersIsBelieved(String beginning, long id) {
    assertThat(Incoming.answeredId(beginning.getBytes(StandardCharsets.UTF_8))).isEqualTo(id);
  }
}
