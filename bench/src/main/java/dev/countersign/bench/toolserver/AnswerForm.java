// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.toolserver;

import dev.countersign.bench.wire.MessageReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** A whole answer but for the id that it echoes. Immutable. */
final class AnswerForm {
  private static final byte[] LINE_END = MessageReader.bytes("\r\n");
  private static final byte[] JSON_HEAD =
      MessageReader.bytes("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ");
  private static final byte[] SSE_HEAD =
      MessageReader.bytes(
          """
          HTTP/1.1 200 OK
          content-type: text/event-stream
          transfer-encoding: chunked

          """
              .replace("\n", "\r\n"));
  private static final byte[] SSE_END = MessageReader.bytes("\n\n\r\n0\r\n\r\n");

  private final byte[] headBefore;
  private final byte[] headAfter;
  private final byte[] before;
  private final byte[] after;
  private final boolean sse;

  private AnswerForm(
      byte[] headBefore, byte[] headAfter, byte[] before, byte[] after, boolean sse) {
    this.headBefore = headBefore;
    this.headAfter = headAfter;
    this.before = before;
    this.after = after;
    this.sse = sse;
  }

  /**
   * An answer with this result.
   *
   * @param headers further header lines, each with its end
   * @param result JSON
   */
  static AnswerForm of(String headers, String result, boolean sse) {
    byte[] before = MessageReader.bytes((sse ? "data: " : "") + "{\"jsonrpc\":\"2.0\",\"id\":");
    byte[] after = MessageReader.bytes(",\"result\":" + result + "}");
    return new AnswerForm(
        sse ? SSE_HEAD : JSON_HEAD,
        MessageReader.bytes("\r\n" + headers + "\r\n"),
        before,
        after,
        sse);
  }

  /** The answer to the id that stands in these bytes, to be released by its taker. */
  ByteBuf to(byte[] id, int length, ByteBufAllocator allocator) {
    int body = before.length + length + after.length;
    ByteBuf out = allocator.directBuffer(headBefore.length + headAfter.length + body + 32);
    out.writeBytes(headBefore);
    if (sse) {
      out.writeCharSequence(
          Integer.toHexString(body + 2), java.nio.charset.StandardCharsets.US_ASCII);
      out.writeBytes(LINE_END);
    } else {
      writeNumber(out, body);
      out.writeBytes(headAfter);
    }
    out.writeBytes(before).writeBytes(id, 0, length).writeBytes(after);
    return sse ? out.writeBytes(SSE_END) : out;
  }

  private static void writeNumber(ByteBuf out, int number) {
    int divisor = 1;
    while (number / divisor >= 10) {
      divisor *= 10;
    }
    for (; divisor > 0; divisor /= 10) {
      out.writeByte('0' + number / divisor % 10);
    }
  }
}
