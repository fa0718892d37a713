// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;

/**
 * Asks the system whether the other side has closed a connection, which the event loop may not have
 * come to see yet. Where the transport cannot tell, nothing counts as closed. Confined to its loop.
 */
final class PeerClosed {
  /** TCP_ESTABLISHED of Linux' tcp_states.h; after a FIN it is CLOSE_WAIT, after a RST CLOSE. */
  private static final int ESTABLISHED = 1;

  private final EpollTcpInfo info = new EpollTcpInfo();

  boolean test(Channel channel) {
    if (!channel.isActive()) {
      return true;
    }
    if (!(channel instanceof EpollSocketChannel socket)) {
      return false;
    }
    try {
      socket.tcpInfo(info);
      return info.state() != ESTABLISHED;
    } catch (ChannelException gone) {
      return true;
    }
  }
}
