// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.util.List;

/**
 * What takes the answer of an {@link Exchange} to whoever asked: a connection, a stream of one, or
 * a part of the gateway that made the request itself. Called on the exchange's event loop, and by
 * the exchange alone, which sees to it that there is one answer.
 */
public interface Responder {
  /** Sends a whole answer. */
  void answer(Answer answer);

  /** Begins an answer that is sent piece by piece; its head is sent at once. */
  ResponseStream stream(int status, List<Header> headers);

  /** Whether exchanges are to come to their end, because the gateway is stopping. */
  boolean draining();
}
