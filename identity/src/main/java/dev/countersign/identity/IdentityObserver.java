// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/**
 * What is counted about authentication. Called on whichever thread found out, event loops among
 * them: it must neither block nor throw.
 */
public interface IdentityObserver {
  /** Counts nothing. */
  IdentityObserver NONE =
      new IdentityObserver() {
        @Override
        public void verified(String issuerAlias, boolean fromCache, long nanos) {}

        @Override
        public void rejected(RejectReason reason) {}

        @Override
        public void keysFetched(String issuerAlias, boolean ok) {}
      };

  /**
   * A token was accepted.
   *
   * @param issuerAlias {@link IssuerSettings#name()}
   * @param fromCache whether an earlier check, or one under way, answered for it
   * @param nanos from the question to the answer, waiting included
   */
  void verified(String issuerAlias, boolean fromCache, long nanos);

  /** A credential was rejected. */
  void rejected(RejectReason reason);

  /** A fetch of an issuer's keys ended; {@code ok} when a set of keys came of it. */
  void keysFetched(String issuerAlias, boolean ok);
}
