// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/** What a listener does to an accepted connection, from any thread. */
interface ClientConnection {
  /** Lets go of it if it is idle, and tells open exchanges that the gateway is stopping. */
  void drainSoon();

  /** Closes it now. */
  void cut();
}
