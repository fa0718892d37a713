// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.toolserver;

import dev.countersign.bench.wire.JsonBeginning;
import dev.countersign.bench.wire.MessageReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** One connection of a gateway or of the load generator. */
final class ToolConnection extends ChannelInboundHandlerAdapter {
  private static final byte[] METHOD = MessageReader.bytes("\"method\":\"");
  private static final byte[] NAME = MessageReader.bytes("\"name\":\"");
  private static final byte[] DENIED = MessageReader.bytes("delete_");
  private static final byte[] CALL = MessageReader.bytes("tools/call");
  private static final byte[] ACCEPTED =
      MessageReader.bytes("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
  private static final byte[] STREAM =
      MessageReader.bytes(
          """
          HTTP/1.1 200 OK
          content-type: text/event-stream
          transfer-encoding: chunked

          """
              .replace("\n", "\r\n"));
  private static final int ID_BYTES_MAX = 300;

  private final MessageReader reader = new MessageReader();
  private final Answers answers;
  private final Counts counts;
  private byte[] target = {};
  private AnswerForm form;
  private long delayMicros;

  ToolConnection(Answers answers, Counts counts) {
    this.answers = answers;
    this.counts = counts;
    this.form = answers.discovery();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      while (in.isReadable()) {
        if (reader.read(in)) {
          answer(ctx);
        }
      }
    } finally {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.flush();
  }

  private void answer(ChannelHandlerContext ctx) {
    byte[] body = reader.kept();
    int length = reader.keptLength();
    if (!reader.targetIs(target)) {
      newTarget();
    }
    if (target[0] == 'G') {
      get(ctx);
    } else if (isAt(body, length, METHOD, CALL)) {
      counts.call(isAt(body, length, NAME, DENIED));
      reply(ctx, form, delayMicros);
    } else {
      other(ctx, body, length);
    }
  }

  /** Paths seldom change on a connection, so what they ask for is read once. */
  private void newTarget() {
    String line = reader.firstLine();
    String methodAndPath = line.substring(0, Math.max(0, line.lastIndexOf(' ')));
    Behaviour behaviour = Behaviour.of(methodAndPath.substring(methodAndPath.indexOf(' ') + 1));
    target = MessageReader.bytes(methodAndPath);
    form = answers.call(behaviour);
    delayMicros = behaviour.delayMicros();
  }

  private static boolean isAt(byte[] body, int length, byte[] name, byte[] value) {
    int at = JsonBeginning.after(body, length, name);
    return at >= 0
        && at + value.length <= length
        && Arrays.equals(body, at, at + value.length, value, 0, value.length);
  }

  private void get(ChannelHandlerContext ctx) {
    if (reader.firstLine().contains(" /counts ")) {
      ctx.write(ctx.alloc().buffer().writeBytes(counts.answer()));
    } else if (reader.header("accept").contains("text/event-stream")) {
      ctx.write(ctx.alloc().buffer().writeBytes(STREAM));
    } else {
      ctx.write(ctx.alloc().buffer().writeBytes(ACCEPTED));
    }
  }

  private void other(ChannelHandlerContext ctx, byte[] body, int length) {
    int at = JsonBeginning.after(body, length, METHOD);
    String method = at < 0 ? "" : text(body, at, length);
    switch (method) {
      case "initialize" -> reply(ctx, answers.greeting(UUID.randomUUID().toString()), 0);
      case "tools/list" -> reply(ctx, answers.list(), 0);
      case "server/discover" -> reply(ctx, answers.discovery(), 0);
      default -> ctx.write(ctx.alloc().buffer().writeBytes(ACCEPTED));
    }
  }

  private static String text(byte[] body, int from, int length) {
    int to = from;
    while (to < length && body[to] != '"') {
      to++;
    }
    return new String(body, from, to - from, java.nio.charset.StandardCharsets.UTF_8);
  }

  private void reply(ChannelHandlerContext ctx, AnswerForm answer, long delay) {
    byte[] body = reader.kept();
    int at = JsonBeginning.idAt(body, reader.keptLength());
    if (at < 0) {
      ctx.close();
      return;
    }
    int end = idEnd(body, at, reader.keptLength());
    byte[] id = Arrays.copyOfRange(body, at, end);
    ByteBuf bytes = answer.to(id, id.length, ctx.alloc());
    if (delay == 0) {
      ctx.write(bytes);
    } else {
      ctx.executor().schedule(() -> ctx.writeAndFlush(bytes), delay, TimeUnit.MICROSECONDS);
    }
  }

  private static int idEnd(byte[] body, int from, int length) {
    int max = Math.min(length, from + ID_BYTES_MAX);
    int i = from + 1;
    if (body[from] == '"') {
      while (i < max && (body[i] != '"' || body[i - 1] == '\\')) {
        i++;
      }
      return Math.min(max, i + 1);
    }
    while (i < max && body[i] >= '0' && body[i] <= '9') {
      i++;
    }
    return i;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof java.io.IOException)) {
      System.err.println("toolserver: " + cause + " " + ByteBufUtil.hexDump(target));
    }
    ctx.close();
  }
}
