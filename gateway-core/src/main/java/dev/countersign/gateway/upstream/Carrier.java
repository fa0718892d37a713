// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

/** What an exchange runs on. Confined to its loop. */
interface Carrier {
  /** Breaks the exchange off, so that the server sees it. */
  void cancel();

  /** Lets the reply come, or holds it back. */
  void reading(boolean on);
}
