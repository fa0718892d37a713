// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what it is told. */
final class CountingObserver implements IdentityObserver {
  final List<String> verified = new CopyOnWriteArrayList<>();
  final List<RejectReason> rejected = new CopyOnWriteArrayList<>();
  final List<String> fetches = new CopyOnWriteArrayList<>();

  @Override
  public void verified(String issuerAlias, boolean fromCache, long nanos) {
    verified.add(issuerAlias + (fromCache ? " cache" : " signature"));
  }

  @Override
  public void rejected(RejectReason reason) {
    rejected.add(reason);
  }

  @Override
  public void keysFetched(String issuerAlias, boolean ok) {
    fetches.add(issuerAlias + (ok ? " ok" : " failed"));
  }
}
