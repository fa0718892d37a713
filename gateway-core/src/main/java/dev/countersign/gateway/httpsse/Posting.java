// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.admission.OutboundRequest;
import dev.countersign.gateway.credential.UpstreamCredential;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.upstream.HttpUpstream;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import java.util.ArrayList;
import java.util.List;

/**
 * How requests of one call go to its server: under the proofs of that call, and nothing else.
 *
 * @param call whose permit, caller and record it goes under; its bytes are not kept
 * @param credential what the server is shown
 * @param server the way to it
 */
record Posting(AdmittedCall call, UpstreamCredential credential, HttpUpstream server) {
  private static final byte[] NOTHING = {};

  /** What is not known to this transport, and about the session, which has no name there. */
  private static final List<String> NOT_SENT =
      List.of("mcp-session-id", "mcp-protocol-version", "last-event-id");

  /** For what is sent under this later. */
  static Posting of(AdmittedCall call, UpstreamCredential credential, HttpUpstream server) {
    return new Posting(under(call, "POST", headers(call), NOTHING), credential, server);
  }

  /** Opens the stream. */
  UpstreamExchange open(Loop loop, ReplyListener listener) {
    List<Header> headers = new ArrayList<>(call.request().headers());
    headers.removeIf(one -> one.name().equals("content-type") || one.name().equals("accept"));
    headers.add(new Header("accept", "text/event-stream"));
    return server.send(under(call, "GET", headers, NOTHING), credential, loop, listener);
  }

  /** Posts one message. */
  UpstreamExchange post(Loop loop, String target, byte[] message, ReplyListener listener) {
    AdmittedCall posted = under(call, "POST", call.request().headers(), message);
    return server.send(posted, credential, loop, listener, target);
  }

  private static List<Header> headers(AdmittedCall call) {
    return call.request().headers().stream()
        .filter(header -> !NOT_SENT.contains(header.name()))
        .toList();
  }

  private static AdmittedCall under(
      AdmittedCall call, String method, List<Header> headers, byte[] body) {
    OutboundRequest request = call.request();
    return AdmittedCall.admit(
        call.caller(),
        call.permit(),
        call.receipt(),
        new OutboundRequest(request.callId(), request.serverName(), method, headers, body));
  }
}
