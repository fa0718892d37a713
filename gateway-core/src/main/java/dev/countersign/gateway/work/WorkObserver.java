// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

/** Counts large messages for which there was no room. Any thread; must not block. */
public interface WorkObserver {
  /** What there was no room for; a closed set, used as a metric label. */
  enum Refused {
    /** A message that nothing had been done about yet. */
    NEW,
    /** What a call needed that had gone on from there. */
    UNDER_WAY
  }

  /** Work was refused. */
  void refused(Refused what);
}
