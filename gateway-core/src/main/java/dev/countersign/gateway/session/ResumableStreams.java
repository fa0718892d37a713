// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one session that can be gone on with, by the id of their call; the eldest is
 * forgotten when there are more than {@value #STREAMS_MAX}. Any thread.
 */
public final class ResumableStreams {
  static final int STREAMS_MAX = 16;

  private final Map<String, ResumableStream> streams = new LinkedHashMap<>();

  /** Adds one. */
  public synchronized void add(String callId, ResumableStream stream) {
    streams.putIfAbsent(callId, stream);
    if (streams.size() > STREAMS_MAX) {
      streams.remove(streams.keySet().iterator().next());
    }
  }

  /** Forgets one. */
  public synchronized void remove(String callId) {
    streams.remove(callId);
  }

  /** The stream of this call, or null when it is not known, or not any more. */
  public synchronized @Nullable ResumableStream find(String callId) {
    return streams.get(callId);
  }
}
