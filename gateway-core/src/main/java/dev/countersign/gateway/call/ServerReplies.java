// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.UnheardReply;
import java.nio.charset.StandardCharsets;

/**
 * What the gateway itself answers to requests of a legacy server: refusals, and pings. Each goes
 * under the permit of the call it is about. Confined to the call's event loop.
 */
final class ServerReplies {
  /** So many may be on their way to a server at a time. */
  private static final int PENDING_MAX = 16;

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
    UnheardReply reply =
        new UnheardReply(() -> meters.refused(Reason.UPSTREAM_UNAVAILABLE), () -> pending--);
    Loop loop = call.exchange().loop();
    reply.to(call.route().upstream().send(response, call.route().credential(), loop, reply), loop);
  }
}
