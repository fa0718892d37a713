// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.Channel;
import java.time.Duration;

/** What the body of one HTTP/1.1 request does to its connection. Confined to its event loop. */
final class Http1Body implements RequestBody.ReadControl {
  private final Channel channel;
  private final Http1Connection connection;
  private final Http1Answers answers;
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
      Http1Answers answers,
      HttpObserver observer,
      Duration time,
      boolean continueExpected) {
    this.channel = channel;
    this.connection = connection;
    this.answers = answers;
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
      answers.goOn();
    }
    connection.expectBody(time);
  }
}
