// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import dev.countersign.gateway.http.Loop;
import java.util.concurrent.ConcurrentHashMap;

/** The {@link LoopTime} of each event loop. Any thread; what it hands out belongs to its loop. */
public final class LoopTimes {
  private final ConcurrentHashMap<Loop, LoopTime> times = new ConcurrentHashMap<>();

  /** The time of a loop, for use on it. */
  public LoopTime of(Loop loop) {
    LoopTime known = times.get(loop);
    return known != null
        ? known
        : times.computeIfAbsent(loop, fresh -> new LoopTime(fresh.turns(), System::nanoTime));
  }
}
