// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Judges and reads the head of an HTTP/1.1 request, as the decoder left it. */
final class Http1Head {
  private Http1Head() {}

  /** Why the request is not taken, or null. */
  static @Nullable Refusal refusal(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return request.decoderResult().cause() instanceof TooLongFrameException
          ? new Refusal(
              HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
              "the request line and headers are over the limit",
              HttpObserver.Refused.HEADER_BYTES)
          : Refusal.framing("the request is not well-formed HTTP/1.1");
    }
    String fault = FramingGuard.fault(request);
    return fault != null
        ? Refusal.framing(fault)
        : Refusal.ofExpectation(request.headers().get(HttpHeaderNames.EXPECT));
  }

  static RequestHead read(HttpRequest request, String source) {
    return new RequestHead(request.method().name(), request.uri(), headers(request), source);
  }

  /** The header lines, in order, spelled as sent. */
  static List<Header> headers(HttpRequest request) {
    List<Header> headers = new ArrayList<>(request.headers().size());
    Iterator<Map.Entry<CharSequence, CharSequence>> lines =
        request.headers().iteratorCharSequence();
    while (lines.hasNext()) {
      Map.Entry<CharSequence, CharSequence> line = lines.next();
      headers.add(new Header(line.getKey().toString(), line.getValue().toString()));
    }
    return headers;
  }

  /** {@code Content-Length}, 0 without one, or -1 when the body is chunked. */
  static long declaredLength(HttpRequest request) {
    return HttpUtil.isTransferEncodingChunked(request)
        ? -1
        : HttpUtil.getContentLength(request, 0L);
  }

  /** Whether bytes are to be expected after the head; also when it cannot be known. */
  static boolean hasBody(HttpRequest request) {
    return request.decoderResult().isFailure() || declaredLength(request) != 0;
  }
}
