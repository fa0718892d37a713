// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What answers are taken for. */
final class JsonBeginningTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          {"jsonrpc":"2.0","id":1000000007,"result":{}}       | 1000000007 | true
          {"jsonrpc":"2.0","id":17,"error":{"code":-32602}}   | 17         | false
          data: {"jsonrpc":"2.0","id":5,"result":{"id":6}}    | 5          | true
          {"jsonrpc":"2.0","id":"text","result":{}}           | -1         | true
          {"jsonrpc":"2.0","id":null,"error":{}}              | -1         | false
          {"jsonrpc":"2.0","id":                              | -1         | false
          no JSON                                             | -1         | false
          """)
  void findsIdAndKind(String text, long id, boolean result) {
    byte[] bytes = MessageReader.bytes(text.strip());
    assertThat(JsonBeginning.id(bytes, bytes.length)).isEqualTo(id);
    assertThat(JsonBeginning.isResult(bytes, bytes.length)).isEqualTo(result);
  }
}
