// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.credential.UpstreamCredential;
import dev.countersign.gateway.http.Loop;

/**
 * One tool server, as a place to send admitted calls to. Whatever a server speaks, behind this it
 * looks like one that speaks Streamable HTTP. Made with a snapshot; what it uses outlives it.
 *
 * <p>Any thread may hold it; the methods that take a loop are called on that loop.
 */
public interface Upstream {
  /** The server's name. */
  String name();

  /**
   * Sends a call. Every call reaches the server at most once: nothing is sent again after a byte of
   * it may have left.
   *
   * @param credential what to show; never the caller's
   * @param loop the loop of the client's connection, on which everything happens
   * @param listener told of the reply on that loop; its failure is the only error there is
   */
  UpstreamExchange send(
      AdmittedCall call, UpstreamCredential credential, Loop loop, ReplyListener listener);

  /**
   * Lets go of what is kept for a session of the server's that ended here; the server is not told.
   *
   * @param upstreamSessionId the server's own id
   */
  void sessionEnded(String upstreamSessionId, Loop loop);
}
