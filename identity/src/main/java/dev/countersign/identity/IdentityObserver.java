// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/** What authentication counts; must not block. */
public interface IdentityObserver {
  /** A token was accepted. */
  void verified(String issuerAlias, boolean fromCache, long nanos);

  /** A token was not. */
  void rejected(RejectReason reason);

  /** An issuer's keys were fetched, or not. */
  void keysFetched(String issuerAlias, boolean ok);
}
