// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultChannelId;
import io.netty.channel.ServerChannel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalServerChannel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * The handlers of one connection without a socket: each write is one read of the server, and its
 * time passes when it is told to. So each of many thousand ways to cut a request can be tried.
 */
final class EmbeddedPeer {
  private static final ServerChannel ACCEPTOR = new LocalServerChannel();

  private final EmbeddedChannel channel =
      new EmbeddedChannel(ACCEPTOR, DefaultChannelId.newInstance(), true, false);
  private final ByteArrayOutputStream answered = new ByteArrayOutputStream();
  private long passedNanos;

  EmbeddedPeer(HttpListener listener, HttpLimits limits, boolean http2) {
    channel.freezeTime();
    Loop loop = new Loop(channel.eventLoop(), 0, () -> passedNanos, new NoTurns());
    Deadline deadline = new Deadline(loop);
    var wanted = new ConnectionSetup.Wanted(listener, loop, limits, channel, deadline);
    if (http2) {
      wanted.http2(false);
    } else {
      wanted.http1();
    }
    drainOutbound();
  }

  /** One read of the server. */
  EmbeddedPeer write(byte[] bytes, int from, int to) {
    if (channel.isOpen() && from < to) {
      channel.writeInbound(Unpooled.copiedBuffer(bytes, from, to - from));
      channel.runPendingTasks();
      drainOutbound();
    }
    return this;
  }

  /** What an early answer leaves open is over. */
  EmbeddedPeer waitAWhile() {
    channel.advanceTimeBy(2, TimeUnit.SECONDS);
    passedNanos += TimeUnit.SECONDS.toNanos(2);
    channel.runScheduledPendingTasks();
    channel.runPendingTasks();
    drainOutbound();
    return this;
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  String text() {
    return answered.toString(StandardCharsets.ISO_8859_1);
  }

  /** What came, as frames. */
  Http2Frames frames() {
    return new Http2Frames(new ByteArrayInputStream(answered.toByteArray()));
  }

  void hangUp() {
    channel.close();
    channel.runPendingTasks();
    channel.finishAndReleaseAll();
  }

  private void drainOutbound() {
    ByteBuf out;
    while ((out = channel.readOutbound()) != null) {
      byte[] bytes = new byte[out.readableBytes()];
      out.readBytes(bytes);
      out.release();
      answered.writeBytes(bytes);
    }
  }
}
