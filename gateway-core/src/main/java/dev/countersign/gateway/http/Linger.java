// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.time.Duration;

/**
 * Reads on for a while after an answer that came before the whole body, so that the client sees the
 * answer and not a broken connection. Confined to its event loop.
 */
final class Linger {
  private static final Duration TIME = Duration.ofSeconds(1);
  private static final int BYTES_MAX = 1 << 20;

  private final Channel channel;
  private int bytes;

  Linger(Channel channel, Deadline deadline) {
    this.channel = channel;
    channel.config().setAutoRead(true);
    deadline.arm(TIME, channel::close);
  }

  void take(Object message) {
    if (message instanceof HttpContent content) {
      bytes += content.content().readableBytes();
      if (content instanceof LastHttpContent || bytes > BYTES_MAX) {
        channel.close();
      }
    }
  }
}
