// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sseclient;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.OwnIds;
import java.nio.charset.StandardCharsets;

/** Answers over HTTP as messages on a client's stream. */
final class Answers {
  private Answers() {}

  /** The answer to a request, under its id. */
  static byte[] of(SseMessage message, Answer answer) {
    if (answer.status() == 200) {
      return answer.body();
    }
    try {
      // Who was refused before the message was read is told so without its id.
      return answer.body().length > 0
              && RpcReader.readReply(answer.body(), JsonLimits.DEFAULTS)
                  instanceof RpcMessage.Failure refusal
              && refusal.id() == null
          ? OwnIds.answer(refusal, message.idJson().getBytes(StandardCharsets.UTF_8))
          : said(message, answer);
    } catch (RpcRefusedException e) {
      return said(message, answer);
    }
  }

  private static byte[] said(SseMessage message, Answer answer) {
    return answer.body().length > 0
        ? answer.body()
        : error(message, "refused with status " + answer.status());
  }

  /**
   * An answer of ours.
   *
   * @param words without what JSON would have to escape
   */
  static byte[] error(SseMessage message, String words) {
    return ("{\"jsonrpc\":\"2.0\",\"id\":"
            + message.idJson()
            + ",\"error\":{\"code\":-32603,\"message\":\""
            + words
            + "\"}}")
        .getBytes(StandardCharsets.UTF_8);
  }
}
