// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A legacy server's requests to the client, on the stream of a call: none is granted, and the
 * server is told so, under the permit of the call it asked in. Confined to the call's event loop.
 */
final class ServerQuestions {
  /** So many refusals may be on their way to a server at a time. */
  private static final int PENDING_MAX = 16;

  private static final Duration REPLY_TIME = Duration.ofSeconds(5);
  private static final Logger LOG = LoggerFactory.getLogger(ServerQuestions.class);

  private final Call call;
  private final AdmittedCall admitted;
  private final Meters meters;
  private int pending;

  ServerQuestions(Call call, AdmittedCall admitted, Meters meters) {
    this.call = call;
    this.admitted = admitted;
    this.meters = meters;
  }

  void refuse(ReplyMessages.Judged.Question question) {
    meters.serverRequestRefused();
    if (pending == PENDING_MAX) {
      throw ResultStep.badReply("too many requests to the client");
    }
    pending++;
    LOG.atInfo()
        .addKeyValue("call", call.id())
        .addKeyValue("server", call.route().server().name())
        .log("a server's request to the client was refused");
    AdmittedCall refusal =
        AdmittedCall.admit(
            admitted.caller(),
            admitted.permit(),
            admitted.receipt(),
            Outbound.response(call, question.refusal()));
    Unheard reply = new Unheard();
    UpstreamExchange told =
        call.route()
            .upstream()
            .send(refusal, call.route().credential(), call.exchange().loop(), reply);
    // What a server replies to a response is an empty 202; it must not hold a connection.
    var unused =
        call.exchange()
            .loop()
            .after(
                REPLY_TIME,
                () -> {
                  told.cancel();
                  reply.over();
                });
  }

  /** For what is sent without anyone waiting for the reply. */
  private final class Unheard implements ReplyListener {
    private boolean over;

    @Override
    public void head(ReplyHead reply) {}

    @Override
    public void data(byte[] piece) {}

    @Override
    public void end() {
      over();
    }

    @Override
    public void failed(UpstreamFailure failure) {
      over();
    }

    void over() {
      if (!over) {
        over = true;
        pending--;
      }
    }
  }
}
