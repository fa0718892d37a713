// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the answers of one HTTP/1.1 connection. Confined to its event loop. */
final class Http1Answers implements Responder {
  private final HttpListener listener;
  private final Channel channel;
  private final Http1Connection connection;
  private @Nullable Runnable writableTask;

  Http1Answers(HttpListener listener, Channel channel, Http1Connection connection) {
    this.listener = listener;
    this.channel = channel;
    this.connection = connection;
  }

  @Override
  public void answer(Answer answer) {
    ByteBuf body =
        connection.answersHead() ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(answer.body());
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), body);
    prepare(response, answer.headers());
    if (answer.status() != 204) {
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
    }
    connection.answered(channel.writeAndFlush(response));
  }

  @Override
  public ResponseStream stream(int status, List<Header> headers) {
    HttpResponse response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
    prepare(response, headers);
    response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    channel.writeAndFlush(response, channel.voidPromise());
    return new Chunks();
  }

  @Override
  public boolean draining() {
    return listener.draining();
  }

  private void prepare(HttpResponse response, List<Header> headers) {
    for (Header header : headers) {
      response.headers().add(header.name(), header.value());
    }
    response.headers().set(HttpHeaderNames.DATE, listener.date());
    if (connection.answersLast()) {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
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
      if (!ended) {
        channel.writeAndFlush(
            new DefaultHttpContent(Unpooled.wrappedBuffer(piece)), channel.voidPromise());
      }
    }

    @Override
    public void end() {
      if (!ended) {
        ended = true;
        connection.answered(channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT));
      }
    }

    @Override
    public void abort() {
      ended = true;
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
