// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.admission;

import dev.countersign.gateway.http.Header;
import java.util.List;

/**
 * What will be sent to a server, built anew from an allow-list ({@code docs/wire.md}, "Headers");
 * the credential is added by the upstream leg.
 *
 * @param callId the call it belongs to
 * @param serverName the server it is for
 * @param method POST, GET or DELETE
 * @param headers without host, length, connection and credential
 * @param body the judged bytes; not changed after this was made
 */
public record OutboundRequest(
    String callId, String serverName, String method, List<Header> headers, byte[] body) {
  public OutboundRequest {
    headers = List.copyOf(headers);
  }
}
