// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the answers of one HTTP/1.1 connection. Confined to its event loop. */
final class Http1Answers implements Responder {
  private static final byte[] NOTHING = {};
  private static final byte[] LINE_END = {'\r', '\n'};
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] GO_ON =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** Eight digits and two line ends. */
  private static final int CHUNK_FRAMING_BYTES = 12;

  private static final String OK = statusLine(200);

  private final HttpListener listener;
  private final Loop loop;
  private final HeadBytes heads;
  private final Channel channel;
  private final Http1Connection connection;
  private @Nullable Runnable writableTask;
  private boolean flushDue;

  Http1Answers(HttpListener listener, Loop loop, Channel channel, Http1Connection connection) {
    this.listener = listener;
    this.loop = loop;
    this.heads = loop.heads();
    this.channel = channel;
    this.connection = connection;
  }

  @Override
  public void answer(Answer answer) {
    HeadBytes head = begin(answer.status(), answer.headers());
    if (answer.status() != 204) {
      head.header("content-length", answer.body().length);
    }
    byte[] body = connection.answersHead() ? NOTHING : answer.body();
    connection.answered(channel.writeAndFlush(head.end(channel.alloc(), body)));
  }

  @Override
  public ResponseStream stream(int status, List<Header> headers) {
    HeadBytes head = begin(status, headers).header("transfer-encoding", "chunked");
    channel.write(head.end(channel.alloc(), NOTHING), channel.voidPromise());
    flushSoon();
    return new Chunks();
  }

  /**
   * What one turn of the loop has written leaves together at its end: most streams are a head, one
   * message and an end, which then cost one system call.
   */
  private void flushSoon() {
    if (!flushDue) {
      flushDue = true;
      loop.execute(
          () -> {
            flushDue = false;
            channel.flush();
          });
    }
  }

  /** Tells a client that waits for it to send its body. */
  void goOn() {
    channel.writeAndFlush(Unpooled.wrappedBuffer(GO_ON), channel.voidPromise());
  }

  @Override
  public boolean draining() {
    return listener.draining();
  }

  private HeadBytes begin(int status, List<Header> headers) {
    HeadBytes head = heads.begin(status == 200 ? OK : statusLine(status));
    for (Header header : headers) {
      head.header(header.name(), header.value());
    }
    head.header("date", listener.date());
    if (connection.answersLast()) {
      head.header("connection", "close");
    }
    return head;
  }

  private static String statusLine(int status) {
    return "HTTP/1.1 " + HttpResponseStatus.valueOf(status);
  }

  /** The answer under way is over. */
  void forget() {
    writableTask = null;
  }

  void writabilityChanged() {
    if (channel.isWritable() && writableTask != null) {
      writableTask.run();
    }
  }

  /** An answer in chunks; another request may be taken when it has ended. */
  private final class Chunks extends EncodedStream {
    private boolean ended;

    @Override
    void write(byte[] piece) {
      if (!ended && piece.length > 0) {
        channel.write(chunk(piece), channel.voidPromise());
        flushSoon();
      }
    }

    private ByteBuf chunk(byte[] piece) {
      ByteBuf chunk = channel.alloc().directBuffer(piece.length + CHUNK_FRAMING_BYTES);
      chunk.writeCharSequence(Integer.toHexString(piece.length), StandardCharsets.US_ASCII);
      return chunk.writeBytes(LINE_END).writeBytes(piece).writeBytes(LINE_END);
    }

    @Override
    public void end() {
      if (!ended) {
        ended = true;
        connection.answered(channel.write(Unpooled.wrappedBuffer(LAST_CHUNK)));
        flushSoon();
      }
    }

    @Override
    public void abort() {
      ended = true;
      channel.flush();
      channel.close();
    }

    @Override
    public boolean writable() {
      return channel.isWritable();
    }

    @Override
    public void onWritable(Runnable task) {
      writableTask = task;
    }
  }
}
