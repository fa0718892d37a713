// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.identity.CallerKey;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one server: shared ones where it speaks HTTP/2, else one for
 * each call. The one used last is used next, so that what is not needed runs into its idle time.
 * Confined to its loop.
 */
final class UpstreamPool {
  /**
   * Exchanges that a caller may have broken off of late on shared connections, before it gets no
   * further ones; else it could use up a connection after another.
   */
  static final int RESETS_PER_CALLER_MAX = 200;

  private final Endpoint endpoint;
  private final String executor;
  private final Loop loop;
  private final Connector connector;
  private final UnderWay underWay;
  private final OpenCounts counts;
  private final UpstreamObserver observer;
  private final PeerClosed peerClosed = new PeerClosed();
  private final ArrayDeque<Http1Connection> idle = new ArrayDeque<>();
  private final List<SharedConnection> shared = new ArrayList<>();
  private LimitSettings limits;
  // Calls wait for one connection that is being opened rather than open one each. A server that
  // offers TLS may speak HTTP/2 until it has shown that it does not.
  private boolean http2Expected;
  private @Nullable Arrival arriving;
  private int open;
  private boolean retired;

  UpstreamPool(
      Endpoint endpoint,
      Loop loop,
      Connector connector,
      UnderWay underWay,
      OpenCounts counts,
      UpstreamObserver observer,
      LimitSettings limits) {
    this.endpoint = endpoint;
    this.loop = loop;
    this.connector = connector;
    this.underWay = underWay;
    this.counts = counts;
    this.observer = observer;
    this.limits = limits;
    this.executor = ServerIdentity.unproved(endpoint);
    this.http2Expected = endpoint.http2() || endpoint.tls() != null;
  }

  void limits(LimitSettings newest) {
    limits = newest;
  }

  /**
   * Sends a request as soon as there is a connection for it.
   *
   * @param caller whose share of the connections it takes
   */
  UpstreamExchange send(CallerKey caller, UpstreamRequest request, ReplyListener listener) {
    PendingExchange pending = new PendingExchange(caller, request, listener, underWay);
    if (underWay.closed()) {
      pending.abandon();
    } else {
      dispatch(pending);
    }
    return pending;
  }

  private void dispatch(PendingExchange pending) {
    if (resets(pending.caller()) >= RESETS_PER_CALLER_MAX) {
      busy(pending, "its caller has broken off too many exchanges");
      return;
    }
    SharedConnection common = takeShared(pending.caller());
    if (common != null) {
      common.send(pending);
      return;
    }
    Http1Connection pooled = takeIdle();
    if (pooled != null) {
      pooled.send(pending);
    } else if (arriving != null && arriving.takes(pending)) {
      // It goes out when the connection is there.
      return;
    } else if (open >= limits.upstreamConnectionsMax()) {
      busy(pending, "the bound on connections is reached");
    } else {
      open++;
      counts.connections().incrementAndGet();
      Arrival arrival = new Arrival(pending);
      if (http2Expected) {
        arriving = arrival;
      }
      connector.connect(limits, arrival);
    }
  }

  private void busy(PendingExchange pending, String detail) {
    observer.busy();
    pending.fail(new UpstreamFailure(UpstreamFailure.Kind.BUSY, false, detail));
  }

  private int resets(CallerKey caller) {
    int resets = 0;
    for (SharedConnection connection : shared) {
      resets += connection.resets(caller);
    }
    return resets;
  }

  private @Nullable SharedConnection takeShared(CallerKey caller) {
    for (int i = shared.size() - 1; i >= 0; i--) {
      SharedConnection connection = shared.get(i);
      if (!connection.hasRoom(caller)) {
        continue;
      }
      if (!peerClosed.test(connection.channel())) {
        return connection;
      }
      observer.stale();
      shared.remove(i);
      connection.leave();
    }
    return null;
  }

  private @Nullable Http1Connection takeIdle() {
    Http1Connection connection;
    while ((connection = idle.pollFirst()) != null) {
      if (!peerClosed.test(connection.channel())) {
        connection.leaveIdle();
        return connection;
      }
      observer.stale();
      connection.close();
    }
    return null;
  }

  /** Takes back a call of which the server provably had nothing. */
  void sendAgain(PendingExchange pending, UpstreamObserver.Again why, String detail) {
    if (pending.backToStart()) {
      observer.sentAgain(why);
      loop.execute(
          () -> {
            if (!pending.over()) {
              dispatch(pending);
            }
          });
    } else {
      pending.fail(new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, false, detail));
    }
  }

  /** A connection that is being opened, and the calls that wait for it. */
  private final class Arrival implements Connector.Attempt, SharedConnection.Opening {
    private final ArrayDeque<PendingExchange> waiting = new ArrayDeque<>(1);

    Arrival(PendingExchange first) {
      waiting.add(first);
    }

    boolean takes(PendingExchange pending) {
      return waiting.size() < SharedConnection.STREAMS_MAX && waiting.add(pending);
    }

    @Override
    public boolean wanted() {
      boolean wanted = waiting.stream().anyMatch(pending -> !pending.over());
      if (!wanted) {
        settled();
      }
      return wanted;
    }

    private void settled() {
      if (arriving == this) {
        arriving = null;
      }
    }

    @Override
    public void ready(Channel channel, SendWatch sent, boolean http2) {
      if (http2) {
        var unused = new SharedConnection(UpstreamPool.this, loop, channel, sent, this);
      } else {
        ownConnection(new Http1Connection(UpstreamPool.this, loop, channel, sent));
      }
    }

    private void ownConnection(Http1Connection connection) {
      http2Expected = false;
      settled();
      PendingExchange first = next();
      if (first == null) {
        giveBack(connection);
      } else {
        connection.send(first);
      }
      others();
    }

    @Override
    public void ready(SharedConnection connection) {
      http2Expected = true;
      settled();
      shared.add(connection);
      if (!connection.hasRoom()) {
        // Whoever takes nothing on one connection would not on the next.
        PendingExchange pending;
        while ((pending = next()) != null) {
          busy(pending, "the server takes no exchanges");
        }
      }
      others();
      if (retired) {
        connection.leave();
      }
    }

    private void others() {
      PendingExchange pending;
      while ((pending = next()) != null) {
        dispatch(pending);
      }
    }

    private @Nullable PendingExchange next() {
      PendingExchange pending;
      do {
        pending = waiting.pollFirst();
      } while (pending != null && pending.over());
      return pending;
    }

    @Override
    public void failed(String detail) {
      settled();
      PendingExchange pending;
      while ((pending = next()) != null) {
        pending.fail(new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, false, detail));
      }
    }

    @Override
    public void gone() {
      open--;
      counts.connections().decrementAndGet();
    }
  }

  /** Takes a connection back that can carry another call. */
  void giveBack(Http1Connection connection) {
    if (retired) {
      connection.close();
    } else {
      idle.addFirst(connection);
      connection.waitIdle(limits.upstreamIdle());
    }
  }

  void forget(Http1Connection connection) {
    idle.remove(connection);
  }

  void forget(SharedConnection connection) {
    shared.remove(connection);
  }

  void streamOpened() {
    counts.streams().incrementAndGet();
  }

  void streamClosed() {
    counts.streams().decrementAndGet();
  }

  void retire() {
    retired = true;
    Http1Connection connection;
    while ((connection = idle.pollFirst()) != null) {
      connection.close();
    }
    List.copyOf(shared).forEach(SharedConnection::leave);
  }

  Endpoint endpoint() {
    return endpoint;
  }

  /** Who answers on a connection that proves nothing. */
  String executor() {
    return executor;
  }

  LimitSettings limits() {
    return limits;
  }
}
