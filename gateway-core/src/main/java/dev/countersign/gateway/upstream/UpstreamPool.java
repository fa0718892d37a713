// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.snapshot.LimitSettings;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one server. The one used last is used next, so that what is
 * not needed runs into its idle time. Confined to its loop.
 */
final class UpstreamPool {
  private final Endpoint endpoint;
  private final Loop loop;
  private final Connector connector;
  private final UnderWay underWay;
  private final AtomicInteger openEverywhere;
  private final UpstreamObserver observer;
  private final PeerClosed peerClosed = new PeerClosed();
  private final ArrayDeque<Http1Connection> idle = new ArrayDeque<>();
  private LimitSettings limits;
  private int open;
  private boolean retired;

  UpstreamPool(
      Endpoint endpoint,
      Loop loop,
      Connector connector,
      UnderWay underWay,
      AtomicInteger openEverywhere,
      UpstreamObserver observer,
      LimitSettings limits) {
    this.endpoint = endpoint;
    this.loop = loop;
    this.connector = connector;
    this.underWay = underWay;
    this.openEverywhere = openEverywhere;
    this.observer = observer;
    this.limits = limits;
  }

  void limits(LimitSettings newest) {
    limits = newest;
  }

  UpstreamExchange send(UpstreamRequest request, ReplyListener listener) {
    PendingExchange pending = new PendingExchange(request, listener, underWay);
    if (underWay.closed()) {
      pending.abandon();
    } else {
      dispatch(pending);
    }
    return pending;
  }

  private void dispatch(PendingExchange pending) {
    Http1Connection pooled = takeIdle();
    if (pooled != null) {
      pooled.send(pending);
    } else if (open >= limits.upstreamConnectionsMax()) {
      observer.busy();
      pending.fail(
          new UpstreamFailure(
              UpstreamFailure.Kind.BUSY, false, "the bound on connections is reached"));
    } else {
      open++;
      openEverywhere.incrementAndGet();
      connector.connect(limits, new ForOne(pending));
    }
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

  /** Takes back a call of which nothing has left, since its pooled connection was stale. */
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

  /** A connection that is opened because one call found none. */
  private final class ForOne implements Connector.Attempt {
    private final PendingExchange pending;

    ForOne(PendingExchange pending) {
      this.pending = pending;
    }

    @Override
    public boolean wanted() {
      return !pending.over();
    }

    @Override
    public void ready(Channel channel, SendWatch sent) {
      Http1Connection connection = new Http1Connection(UpstreamPool.this, loop, channel, sent);
      if (pending.over()) {
        giveBack(connection);
      } else {
        connection.send(pending);
      }
    }

    @Override
    public void failed(String detail) {
      pending.fail(new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, false, detail));
    }

    @Override
    public void gone() {
      open--;
      openEverywhere.decrementAndGet();
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

  void retire() {
    retired = true;
    Http1Connection connection;
    while ((connection = idle.pollFirst()) != null) {
      connection.close();
    }
  }

  Endpoint endpoint() {
    return endpoint;
  }

  LimitSettings limits() {
    return limits;
  }
}
