// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpResponseStatus;
import org.jspecify.annotations.Nullable;

/** Judges and reads the head of an HTTP/1.1 request, as the decoder left it. */
final class Http1Head {
  private Http1Head() {}

  /** Why the request is not taken, or null. */
  static @Nullable Refusal refusal(Http1Request request) {
    if (request.decoderResult().isFailure()) {
      return switch (request.decoderResult().cause()) {
        case TooLongFrameException tooLong ->
            new Refusal(
                HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                "the request line and headers are over the limit",
                HttpObserver.Refused.HEADER_BYTES);
        case StartedHead.NoRoomException noRoom -> Refusal.noRoom();
        default -> Refusal.framing("the request is not well-formed HTTP/1.1");
      };
    }
    String fault = FramingGuard.fault(request);
    return fault != null ? Refusal.framing(fault) : Refusal.ofExpectation(request.header("expect"));
  }

  static RequestHead read(Http1Request request, String source) {
    return new RequestHead(request.method().name(), request.uri(), request.lines(), source);
  }

  /** Whether bytes are to be expected after the head; also when it cannot be known. */
  static boolean hasBody(Http1Request request) {
    return request.decoderResult().isFailure() || request.bodyLength() != 0;
  }
}
