// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.sse.SseEvent;
import dev.countersign.gateway.sse.SseMark;

/**
 * What of the ids and pauses in a server's stream its client gets: in the legacy era both, ids
 * sealed; in the modern era, and before the answer to {@code initialize}, nothing. The first id
 * makes the stream of a request one that can be gone on with. Confined to the call's event loop.
 */
final class EventMarks {
  /** Of a call that is over no more than this is kept for a client that missed the answer. */
  private static final int KEPT_BYTES_MAX = 64 << 10;

  private final Call call;
  private final EventIds eventIds;
  private final CallStream stream;
  private boolean marked;
  private boolean resumable;

  EventMarks(Call call, EventIds eventIds, CallStream stream) {
    this.call = call;
    this.eventIds = eventIds;
    this.stream = stream;
  }

  /** Whether the client can go on with this stream by GET. */
  boolean resumable() {
    return resumable;
  }

  /** What the client gets beside an event's data. */
  SseMark of(SseEvent event) {
    BoundSession session = call.session();
    if (session == null || call.isOnBehalf()) {
      // On a path with several servers nothing is gone on with.
      return SseMark.NONE;
    }
    boolean get = call.message().method() == McpMethod.STREAM;
    String id = eventIds.seal(call, streamKey(get), event.id());
    if (id != null && !get && !marked) {
      marked = true;
      resumable = session.resumable().add(call.id(), stream);
      call.onEnd(() -> ended(session));
    }
    return new SseMark(id, event.retry());
  }

  private String streamKey(boolean get) {
    Resumption resumption = call.terms().resumption();
    if (resumption != null) {
      return resumption.position().stream();
    }
    return get ? EventIds.STANDALONE : call.id();
  }

  private void ended(BoundSession session) {
    if (call.message().body().length > KEPT_BYTES_MAX) {
      session.resumable().remove(call.id());
    }
  }
}
