// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one session that can be gone on with, by the id of their call; the eldest is
 * forgotten when there are more than {@value #STREAMS_MAX}, or more than {@value #PER_CALLER_MAX}
 * in all sessions of its caller. Any thread.
 */
public final class ResumableStreams {
  static final int STREAMS_MAX = 16;
  static final int PER_CALLER_MAX = 256;

  private final AtomicInteger ofCaller;
  private final Map<String, ResumableStream> streams = new LinkedHashMap<>();
  private boolean over;

  /**
   * @param ofCaller counts those of all sessions of the caller
   */
  ResumableStreams(AtomicInteger ofCaller) {
    this.ofCaller = ofCaller;
  }

  /** Adds one; false when there is no room for it. */
  public synchronized boolean add(String callId, ResumableStream stream) {
    if (over) {
      return false;
    }
    if (streams.putIfAbsent(callId, stream) == null
        && (ofCaller.incrementAndGet() > PER_CALLER_MAX || streams.size() > STREAMS_MAX)) {
      remove(streams.keySet().iterator().next());
    }
    return streams.containsKey(callId);
  }

  /** Forgets one. */
  public synchronized void remove(String callId) {
    if (streams.remove(callId) != null) {
      ofCaller.decrementAndGet();
    }
  }

  /** The stream of this call, or null when it is not known, or not any more. */
  public synchronized @Nullable ResumableStream find(String callId) {
    return streams.get(callId);
  }

  /** How many there are. */
  synchronized int size() {
    return streams.size();
  }

  /** Forgets all, and takes no more. */
  synchronized void end() {
    over = true;
    ofCaller.addAndGet(-streams.size());
    streams.clear();
  }
}
