// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * What the gateway itself answers to requests of a legacy server: refusals, and pings. Each goes
 * under the permit of the call it is about. Confined to the call's event loop.
 */
final class ServerReplies {
  /** So many may be on their way to a server at a time. */
  private static final int PENDING_MAX = 16;

  private static final Duration REPLY_TIME = Duration.ofSeconds(5);

  private final Call call;
  private final Meters meters;
  private int pending;

  ServerReplies(Call call, Meters meters) {
    this.call = call;
    this.meters = meters;
  }

  /**
   * Answers a request.
   *
   * @param under the permit, caller and record it goes under
   * @param member {@code result} or {@code error}, as a member of the response
   */
  void send(AdmittedCall under, RpcId id, String member) {
    if (pending == PENDING_MAX) {
      throw ResultStep.badReply("too many requests to the client");
    }
    post(under, "{\"jsonrpc\":\"2.0\",\"id\":" + id.json() + "," + member + "}");
  }

  /** Takes a request of the client back, which waits no longer. */
  void cancel(AdmittedCall under, RpcId request) {
    post(
        under,
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":"
            + request.json()
            + ",\"reason\":\"it took too long\"}}");
  }

  private void post(AdmittedCall under, String json) {
    pending++;
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    AdmittedCall response =
        AdmittedCall.admit(
            under.caller(),
            under.permit(),
            under.receipt(),
            Outbound.response(call, under.request().callId(), body));
    Unheard reply = new Unheard();
    UpstreamExchange told =
        call.route()
            .upstream()
            .send(response, call.route().credential(), call.exchange().loop(), reply);
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
      meters.refused(Reason.UPSTREAM_UNAVAILABLE);
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
