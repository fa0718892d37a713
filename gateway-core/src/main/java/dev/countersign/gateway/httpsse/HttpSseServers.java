// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.HttpUpstream;
import dev.countersign.gateway.upstream.Upstream;
import dev.countersign.gateway.upstream.UpstreamPools;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.identity.CallerKey;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The sessions with servers that speak HTTP+SSE. They outlive the snapshots: one whose server is
 * still where it was is not disturbed by new settings. There are no more than there are sessions of
 * clients, and calls that open one. Any thread.
 */
public final class HttpSseServers implements ServerSession.Events {
  private final UpstreamPools pools;
  private final WorkPool work;
  private final Meters meters;
  private final Supplier<BufferHold> holds;
  private final Map<String, Open> sessions = new ConcurrentHashMap<>();
  private final Map<Place, Integer> places = new ConcurrentHashMap<>();

  private record Open(ServerSession session, String server, URI url, Place all, Place callers) {}

  /**
   * What takes connections from the same pool.
   *
   * @param caller whose alone, or null for everybody's
   */
  private record Place(String server, int loop, @Nullable CallerKey caller) {}

  /**
   * @param work reads large messages
   * @param holds makes what a stream keeps in memory
   */
  public HttpSseServers(
      UpstreamPools pools, WorkPool work, Meters meters, Supplier<BufferHold> holds) {
    this.pools = pools;
    this.work = work;
    this.meters = meters;
    this.holds = holds;
  }

  /**
   * Prepares the way to a server; opens no connection.
   *
   * @throws IOException when its CA file cannot be read
   */
  public Upstream to(ServerSettings settings, LimitSettings limits) throws IOException {
    return new HttpSseUpstream(settings, limits, HttpUpstream.to(settings, limits, pools), this);
  }

  WorkPool work() {
    return work;
  }

  Supplier<BufferHold> holds() {
    return holds;
  }

  /**
   * A session that is not open yet; on its loop.
   *
   * @param connectionsMax of the server and the loop: half of them may be streams, and half of
   *     those one caller's, so that there are some left for what is posted
   * @return null when a bound is reached
   */
  @Nullable ServerSession begin(
      String id,
      ServerSettings server,
      Loop loop,
      JsonLimits limits,
      int connectionsMax,
      Posting posting) {
    CallerKey caller = posting.call().caller().key();
    Place all = new Place(server.name(), loop.index(), null);
    Place callers = new Place(server.name(), loop.index(), caller);
    if (!take(all, connectionsMax / 2)) {
      return null;
    }
    if (!take(callers, connectionsMax / 4)) {
      giveBack(all);
      return null;
    }
    ServerSession session = new ServerSession(id, loop, server.url(), limits, posting, this);
    sessions.put(id, new Open(session, server.name(), server.url(), all, callers));
    return session;
  }

  private boolean take(Place place, int max) {
    if (places.merge(place, 1, Integer::sum) <= Math.max(1, max)) {
      return true;
    }
    giveBack(place);
    return false;
  }

  private void giveBack(Place place) {
    places.computeIfPresent(place, (key, count) -> count > 1 ? count - 1 : null);
  }

  /** The session of this name with this server, or null. */
  @Nullable ServerSession find(String id, ServerSettings server) {
    Open open = sessions.get(id);
    return open != null && open.server.equals(server.name()) && open.url.equals(server.url())
        ? open.session
        : null;
  }

  void end(String id) {
    Open open = sessions.get(id);
    if (open != null) {
      open.session.end("the session has ended");
    }
  }

  /** Ends the sessions with servers that the newest settings do not have, or have elsewhere. */
  public void retain(Set<Upstream> current) {
    Map<String, URI> wanted = new HashMap<>();
    for (Upstream upstream : current) {
      if (upstream instanceof HttpSseUpstream server) {
        wanted.put(server.name(), server.settings().url());
      }
    }
    for (Open open : sessions.values()) {
      if (!open.url.equals(wanted.get(open.server))) {
        open.session.end("the server is no longer configured so");
      }
    }
  }

  /** Open streams of servers. */
  public int size() {
    return sessions.size();
  }

  @Override
  public void over(ServerSession session) {
    Open ended = sessions.remove(session.id());
    if (ended != null) {
      giveBack(ended.all);
      giveBack(ended.callers);
    }
  }

  @Override
  public void dropped() {
    meters.dropped();
  }
}
