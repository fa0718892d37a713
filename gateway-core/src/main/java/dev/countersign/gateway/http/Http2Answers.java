// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes the answer of one stream. Confined to its event loop. */
final class Http2Answers extends EncodedStream implements Responder {
  private final Http2Stream stream;
  private final Channel channel;
  private final boolean toHead;
  private @Nullable Runnable writableTask;
  private boolean ended;

  /**
   * @param toHead whether the answer is to a HEAD, and has no body
   */
  Http2Answers(Http2Stream stream, Channel channel, boolean toHead) {
    this.stream = stream;
    this.channel = channel;
    this.toHead = toHead;
  }

  @Override
  public void answer(Answer answer) {
    Http2Headers headers = head(answer.status(), answer.headers());
    if (answer.status() != 204) {
      headers.setInt("content-length", answer.body().length);
    }
    ended = true;
    if (toHead || answer.body().length == 0) {
      stream.answered(channel.writeAndFlush(new DefaultHttp2HeadersFrame(headers, true)));
    } else {
      channel.write(new DefaultHttp2HeadersFrame(headers, false));
      stream.answered(
          channel.writeAndFlush(
              new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(answer.body()), true)));
    }
  }

  @Override
  public ResponseStream stream(int status, List<Header> headers) {
    channel.writeAndFlush(new DefaultHttp2HeadersFrame(head(status, headers), false));
    return this;
  }

  private Http2Headers head(int status, List<Header> headers) {
    Http2Headers lines = new DefaultHttp2Headers().status(Integer.toString(status));
    for (Header header : headers) {
      lines.add(header.name().toLowerCase(Locale.ROOT), header.value());
    }
    return lines.set("date", stream.date());
  }

  @Override
  public boolean draining() {
    return stream.draining();
  }

  @Override
  void write(byte[] piece) {
    if (!ended) {
      channel.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(piece), false));
    }
  }

  @Override
  public void end() {
    if (!ended) {
      ended = true;
      stream.answered(channel.writeAndFlush(new DefaultHttp2DataFrame(true)));
    }
  }

  @Override
  public void abort() {
    ended = true;
    stream.reset(Http2Error.INTERNAL_ERROR);
  }

  @Override
  public boolean writable() {
    return channel.isWritable();
  }

  @Override
  public void onWritable(Runnable task) {
    writableTask = task;
  }

  void writabilityChanged() {
    if (channel.isWritable() && writableTask != null && !ended) {
      writableTask.run();
    }
  }
}
