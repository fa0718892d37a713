// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * The body of an answer that is sent piece by piece. Each piece is flushed when it is written.
 *
 * <p>Back-pressure: {@link #writable} turns false when the client reads slower than pieces are
 * written; the writer should then stop its source until the task given to {@link #onWritable} runs.
 */
public final class ResponseStream {
  private final Channel channel;
  private final Connection connection;
  private boolean ended;

  ResponseStream(Channel channel, Connection connection) {
    this.channel = channel;
    this.connection = connection;
  }

  /** Sends one piece now. Ignored once the stream has ended or the client is gone. */
  public void write(byte[] piece) {
    if (!ended) {
      channel.writeAndFlush(
          new DefaultHttpContent(Unpooled.wrappedBuffer(piece)), channel.voidPromise());
    }
  }

  /** Ends the body; the connection may be used for another request. */
  public void end() {
    if (!ended) {
      ended = true;
      connection.finishAnswer(channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT));
    }
  }

  /** Breaks the connection, so that the client cannot take what it has for a whole answer. */
  public void abort() {
    ended = true;
    channel.close();
  }

  /** Whether the client keeps up. */
  public boolean writable() {
    return channel.isWritable();
  }

  /** Sets the task that runs each time the client has caught up again. */
  public void onWritable(Runnable task) {
    connection.onWritable(task);
  }
}
