// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.Channel;
import java.time.Duration;

/**
 * Takes what still comes after an answer to what was not read to its end, a body or something that
 * is no HTTP, so that the client sees the answer and not a broken connection: for a second, and no
 * more than 1 MiB. Confined to its event loop.
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

  /** So many bytes came from the socket, whatever they say. */
  void arrived(int more) {
    bytes += more;
    if (bytes > BYTES_MAX) {
      channel.close();
    }
  }

  /** The body has ended, and nothing is to follow it. */
  void bodyEnded() {
    channel.close();
  }
}
