// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/** What answers the requests of a listener. */
@FunctionalInterface
public interface RequestHandler {
  /**
   * Takes one request whose head has arrived, on its event loop. Must not block; must, now or
   * later, answer the exchange exactly once. What it throws is answered as an internal error and
   * closes the connection.
   */
  void handle(Exchange exchange);
}
