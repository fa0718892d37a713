// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a head is turned away before a handler sees it.
 *
 * @param text words for the peer, without anything of the request but names of headers
 * @param counted as what, or null for what is well-formed and only not supported
 */
record Refusal(HttpResponseStatus status, String text, HttpObserver.@Nullable Refused counted) {
  /** Ambiguous or broken framing. */
  static Refusal framing(String text) {
    return new Refusal(HttpResponseStatus.BAD_REQUEST, text, HttpObserver.Refused.FRAMING);
  }

  /** More would be in memory than there is room for. */
  static Refusal noRoom() {
    return new Refusal(
        HttpResponseStatus.SERVICE_UNAVAILABLE,
        "too much is in memory at the moment; try again later",
        HttpObserver.Refused.NO_ROOM);
  }

  /** The one expectation there is, RFC 9110 section 10.1.1; null when it is that or none. */
  static @Nullable Refusal ofExpectation(@Nullable String expectation) {
    return expectation == null || expectation.equalsIgnoreCase("100-continue")
        ? null
        : new Refusal(
            HttpResponseStatus.EXPECTATION_FAILED,
            "the only expectation met is 100-continue",
            null);
  }

  Answer answer() {
    return new Answer(
        status.code(),
        List.of(new Header("content-type", "text/plain; charset=utf-8")),
        (text + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
