// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import dev.countersign.gateway.sse.SseEncoder;
import dev.countersign.gateway.sse.SseMark;

/** A stream of events as the bytes of a body. */
abstract class EncodedStream implements ResponseStream {
  /** Sends one piece of the body now. Ignored once it has ended or the client is gone. */
  abstract void write(byte[] piece);

  @Override
  public final void message(SseMark mark, byte[] json) {
    write(SseEncoder.message(mark, json));
  }

  @Override
  public final void endpoint(String uri) {
    write(SseEncoder.endpoint(uri));
  }

  @Override
  public final void mark(SseMark mark) {
    write(SseEncoder.mark(mark));
  }

  @Override
  public final void keepAlive() {
    write(SseEncoder.comment());
  }
}
