// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;

/** An answer in chunks; the connection may be used for another request when it has ended. */
final class ChunkedResponse implements ResponseStream {
  private final Channel channel;
  private final Connection connection;
  private boolean ended;

  ChunkedResponse(Channel channel, Connection connection) {
    this.channel = channel;
    this.connection = connection;
  }

  @Override
  public void write(byte[] piece) {
    if (!ended) {
      channel.writeAndFlush(
          new DefaultHttpContent(Unpooled.wrappedBuffer(piece)), channel.voidPromise());
    }
  }

  @Override
  public void end() {
    if (!ended) {
      ended = true;
      connection.finishAnswer(channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT));
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
    connection.onWritable(task);
  }
}
