// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import dev.countersign.bench.wire.MessageReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** One HTTP/1.1 connection. */
final class Http1Slot extends Slot {
  private final Driver driver;
  private final Channel channel;
  private final MessageReader reader = new MessageReader();

  Http1Slot(Driver driver, Channel channel) {
    super(driver);
    this.driver = driver;
    this.channel = channel;
    channel.pipeline().addLast(new Answers());
  }

  @Override
  void write(CallKind kind, long id) {
    ByteBuf out = channel.alloc().directBuffer(kind.requestBytes());
    kind.writeRequest(out, id);
    channel.writeAndFlush(out, channel.voidPromise());
  }

  @Override
  void close() {
    channel.close();
  }

  private final class Answers extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      driver.ready(Http1Slot.this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      try {
        while (in.isReadable()) {
          if (reader.read(in)) {
            answered(reader.status(), reader.kept(), reader.keptLength());
          }
        }
      } finally {
        in.release();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      lost();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
