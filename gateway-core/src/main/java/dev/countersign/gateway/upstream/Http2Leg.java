// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Netty's client side of HTTP/2 with our settings and bounds. Confined to its loop. */
final class Http2Leg extends Http2ConnectionHandler {
  /** What one server may send ahead of what its call has taken. */
  static final int STREAM_WINDOW_BYTES = 256 << 10;

  private static final int CONNECTION_WINDOW_BYTES = 1 << 20;
  private static final int CONTROL_FRAMES_QUEUED_MAX = 1000;
  // What is not listed is not put into the compression table: its size on the wire would tell one
  // caller about the headers of another on the same connection.
  private static final Set<String> INDEXED =
      Set.of(
          ":method",
          ":scheme",
          ":authority",
          ":path",
          "accept",
          "accept-encoding",
          "content-type",
          "mcp-protocol-version");

  /** What happens to a connection. */
  interface Events {
    /** Something was read. */
    void heard();

    /** A stream broke the protocol, or could not be written. */
    void streamFault(int streamId, boolean ours);

    /** The connection broke the protocol, or could not be written. */
    void connectionFault(boolean ours);

    /** The connection is gone, and so are its streams. */
    void gone();
  }

  private final Events events;

  private Http2Leg(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Events events) {
    super(decoder, encoder, settings, true);
    this.events = events;
  }

  static <T extends Http2EventAdapter & Events> Http2Leg of(T listener, int headerBytesMax) {
    DefaultHttp2Connection connection = new DefaultHttp2Connection(false, 0);
    // One call that is held back must not stop its neighbours: only streams are held back.
    connection
        .local()
        .flowController(
            new DefaultHttp2LocalFlowController(
                connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, true));
    connection.addListener(listener);
    return new Builder(connection, listener, headerBytesMax).build();
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Http2Leg, Builder> {
    private final Events events;

    <T extends Http2EventAdapter & Events> Builder(
        DefaultHttp2Connection connection, T listener, int headerBytesMax) {
      this.events = listener;
      connection(connection);
      frameListener(listener);
      initialSettings(
          new Http2Settings()
              .pushEnabled(false)
              .initialWindowSize(STREAM_WINDOW_BYTES)
              .maxHeaderListSize(headerBytesMax));
      encoderEnforceMaxQueuedControlFrames(CONTROL_FRAMES_QUEUED_MAX);
      headerSensitivityDetector((name, value) -> !INDEXED.contains(name.toString()));
      gracefulShutdownTimeoutMillis(0);
    }

    @Override
    protected Http2Leg build() {
      return super.build();
    }

    @Override
    protected Http2Leg build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return new Http2Leg(decoder, encoder, settings, events);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    super.handlerAdded(ctx);
    connection()
        .local()
        .flowController()
        .incrementWindowSize(
            connection().connectionStream(),
            CONNECTION_WINDOW_BYTES - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
    flush(ctx);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object bytes) throws Exception {
    events.heard();
    super.channelRead(ctx, bytes);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx);
    events.gone();
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      @Nullable Throwable cause,
      Http2Exception.StreamException fault) {
    // What still comes for a stream that we have reset needs no answer, nor another reset.
    if (connection().stream(fault.streamId()) != null) {
      events.streamFault(fault.streamId(), outbound);
      super.onStreamError(ctx, outbound, cause, fault);
    }
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception fault) {
    events.connectionFault(outbound);
    super.onConnectionError(ctx, outbound, cause, fault);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) != null) {
      super.exceptionCaught(ctx, cause);
    } else {
      ctx.close();
    }
  }
}
