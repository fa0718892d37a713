// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.time.Duration;

/** What the body of one HTTP/1.1 request does to its connection. Confined to its event loop. */
final class Http1Body implements RequestBody.ReadControl {
  private final Channel channel;
  private final Http1Connection connection;
  private final HttpObserver observer;
  private final Duration time;
  private final boolean continueExpected;

  /**
   * @param time from the first wish to read the body to its end
   * @param continueExpected whether the client waits to be told to send it
   */
  Http1Body(
      Channel channel,
      Http1Connection connection,
      HttpObserver observer,
      Duration time,
      boolean continueExpected) {
    this.channel = channel;
    this.connection = connection;
    this.observer = observer;
    this.time = time;
    this.continueExpected = continueExpected;
  }

  @Override
  public void reading(boolean on) {
    channel.config().setAutoRead(on);
  }

  @Override
  public void refused(BodyRefusedException.Why why) {
    observer.refused(HttpObserver.Refused.ofBody(why));
    connection.takeNoMore();
  }

  @Override
  public void wanted() {
    if (continueExpected) {
      channel.writeAndFlush(
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
    connection.expectBody(time);
  }
}
