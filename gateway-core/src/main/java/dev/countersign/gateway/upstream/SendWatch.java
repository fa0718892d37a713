// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelProgressivePromise;
import io.netty.util.concurrent.PromiseNotifier;

/**
 * Knows whether the socket has taken anything of what was written. Stands next to the socket, TLS
 * included, so that where nothing has moved no byte can have reached the server. Confined to its
 * loop.
 */
final class SendWatch extends ChannelOutboundHandlerAdapter {
  private long moves;

  /** Grows whenever the socket takes bytes; two equal readings prove that none left between. */
  long moves() {
    return moves;
  }

  /** For a write; counted where it is the socket's own, as it is without TLS. */
  ChannelPromise promise(Channel channel) {
    return new Counting(channel);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    // The promise itself counts, because listeners may be told later.
    ctx.write(
        message,
        promise instanceof Counting
            ? promise
            : PromiseNotifier.cascade(new Counting(ctx.channel()), promise));
  }

  private final class Counting extends DefaultChannelProgressivePromise {
    Counting(Channel channel) {
      super(channel);
    }

    @Override
    public boolean tryProgress(long progress, long total) {
      moves++;
      return super.tryProgress(progress, total);
    }

    @Override
    public boolean trySuccess(Void nothing) {
      moves++;
      return super.trySuccess(null);
    }
  }
}
