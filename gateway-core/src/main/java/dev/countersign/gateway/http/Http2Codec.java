// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes Netty's codec for the server's side of HTTP/2, with one difference: field lines come as
 * they were sent. Netty would put pseudo-headers first, join equal lengths and judge some names,
 * and {@link Http2Head} could not see any of that.
 */
final class Http2Codec extends Http2FrameCodecBuilder {
  /** Empty DATA frames in a row, and CONTINUATION frames that are hardly filled. */
  private static final int EMPTY_FRAMES_MAX = 2;

  private static final int SMALL_CONTINUATIONS_MAX = 8;

  private Http2Codec() {}

  /**
   * @param writer what all frames go out through
   */
  static Http2FrameCodec make(HttpLimits limits, Http2FrameWriter writer) {
    Http2Settings settings =
        Http2Settings.defaultSettings()
            .maxConcurrentStreams(limits.streamsMax())
            .maxHeaderListSize(limits.headerBytesMax());
    Http2Connection connection = new DefaultHttp2Connection(true, 0);
    Http2ConnectionEncoder encoder = new DefaultHttp2ConnectionEncoder(connection, writer);
    DefaultHttp2FrameReader reader =
        new DefaultHttp2FrameReader(
            new LineDecoder(limits.headerBytesMax()), SMALL_CONTINUATIONS_MAX);
    Http2Codec builder = new Http2Codec();
    builder
        .initialSettings(settings)
        .decoderEnforceMaxConsecutiveEmptyDataFrames(EMPTY_FRAMES_MAX)
        .decoderEnforceMaxRstFramesPerWindow(Http2Flood.RESETS_MAX, Http2Flood.WINDOW_SECONDS)
        .decoupleCloseAndGoAway(true);
    builder.codec(
        new DefaultHttp2ConnectionDecoder(
            connection,
            encoder,
            reader,
            Http2PromisedRequestVerifier.ALWAYS_VERIFY,
            true,
            true,
            false,
            false),
        encoder);
    return builder.build();
  }

  /** Keeps every field line, in order. */
  static final class Lines extends DefaultHttp2Headers {
    private final transient List<Header> all = new ArrayList<>();

    Lines() {
      super(false);
    }

    @Override
    public Http2Headers add(CharSequence name, CharSequence value) {
      all.add(new Header(name.toString(), value.toString()));
      return super.add(name, value);
    }

    List<Header> all() {
      return all;
    }
  }

  private static final class LineDecoder extends DefaultHttp2HeadersDecoder {
    LineDecoder(int headerBytesMax) {
      super(false, headerBytesMax);
    }

    @Override
    protected Http2Headers newHeaders() {
      return new Lines();
    }
  }
}
