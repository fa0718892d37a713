// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.bare;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.util.Arrays;
import java.util.List;

/** Passes one JSON answer on as it is; whole, as the gateway does. */
final class BareCall implements ReplyListener {
  private static final byte[] NOTHING = {};

  private final Exchange exchange;
  private int status;
  private List<Header> headers = List.of();
  private byte[] body = NOTHING;

  BareCall(Exchange exchange) {
    this.exchange = exchange;
  }

  @Override
  public void head(ReplyHead head) {
    status = head.status();
    String type = head.contentType();
    headers = type == null ? List.of() : List.of(new Header("content-type", type));
  }

  @Override
  public void data(byte[] piece) {
    if (body.length == 0) {
      body = piece;
    } else {
      int before = body.length;
      body = Arrays.copyOf(body, before + piece.length);
      System.arraycopy(piece, 0, body, before, piece.length);
    }
  }

  @Override
  public void end() {
    exchange.answer(new Answer(status, headers, body));
  }

  @Override
  public void failed(UpstreamFailure failure) {
    exchange.answer(Answer.empty(502));
  }
}
