// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;

/**
 * Gives an accepted connection its handlers: at once where only HTTP/1.1 can come, else when {@link
 * ProtocolChoice} knows what is spoken.
 */
final class ConnectionSetup extends ChannelInitializer<SocketChannel> {
  private final HttpListener listener;

  ConnectionSetup(HttpListener listener) {
    this.listener = listener;
  }

  @Override
  protected void initChannel(SocketChannel accepted) {
    HttpLimits bounds = listener.limits();
    if (!listener.admit(accepted, bounds)) {
      return;
    }
    Loop loop = listener.loopOf(accepted);
    Deadline deadline = new Deadline(loop);
    deadline.arm(
        bounds.head(),
        () -> {
          listener.observer().refused(HttpObserver.Refused.HEAD_TIMEOUT);
          accepted.close();
        });
    accepted.closeFuture().addListener(closed -> deadline.disarm());
    Wanted wanted = new Wanted(listener, loop, bounds, accepted, deadline);
    SslContext tls = listener.tls();
    if (tls == null && !bounds.http2Cleartext()) {
      wanted.http1();
      return;
    }
    if (tls != null) {
      accepted.pipeline().addLast(tls.newHandler(accepted.alloc()));
    }
    ProtocolChoice choice = new ProtocolChoice(wanted, tls != null);
    listener.use(accepted, choice);
    accepted.pipeline().addLast(choice);
  }

  /** What either protocol needs of a connection, and how it is put in place. */
  record Wanted(
      HttpListener listener, Loop loop, HttpLimits bounds, Channel channel, Deadline deadline) {
    void http1() {
      Http1Connection connection = new Http1Connection(listener, loop, bounds, channel, deadline);
      channel
          .pipeline()
          .addLast(
              new StrictRequestDecoder(
                  bounds.headerBytesMax(), connection::bytesArrived, listener::newHold),
              connection);
      listener.use(channel, connection);
    }

    void http2(boolean tls) {
      if (!listener.admitHttp2(channel)) {
        return;
      }
      Http2Connection connection =
          new Http2Connection(listener, loop, bounds, channel, deadline, tls);
      connection.install();
      listener.use(channel, connection);
    }
  }
}
