// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.mcp.LogLevel;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Lets servers that were not there when a legacy session began join it later: they are greeted as
 * its client greeted the others, in calls that are decided and recorded like any other. A server is
 * greeted once at a time for a session, and not again at once when that failed.
 */
final class LateJoins {
  private static final byte[] INITIALIZED =
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"
          .getBytes(StandardCharsets.UTF_8);

  private final FanOut fanOut;
  private final FederatedParts shared;

  LateJoins(FanOut fanOut, FederatedParts shared) {
    this.fanOut = fanOut;
    this.shared = shared;
  }

  /**
   * The session with a server behind the call's session; opened now, if there is none.
   *
   * @param under the settings that hold for it
   * @return completes on the call's loop; empty when the server is not there
   */
  CompletableFuture<Optional<SessionsBehind.Member>> with(Call call, Snapshot under, Route to) {
    String server = to.server().name();
    SessionsBehind behind = shared.sessions().behind(call.session());
    SessionsBehind.Member known = behind.with(server);
    byte[] greeting = behind.greeting();
    if (known != null || greeting == null) {
      return CompletableFuture.completedFuture(Optional.ofNullable(known));
    }
    CompletableFuture<Optional<SessionsBehind.Member>> ours = new CompletableFuture<>();
    SessionsBehind.Joining joining = behind.joining(server);
    CompletableFuture<Optional<SessionsBehind.Member>> attempt = joining.begin(ours);
    if (attempt == ours) {
      greet(call, under, to, behind, greeting)
          .whenComplete(
              (joined, failure) -> {
                if (failure != null) {
                  joining.failed(false);
                }
                ours.complete(failure == null ? joined : Optional.empty());
              });
    }
    return call.exchange().loop().here(attempt);
  }

  /** Whether it is policy that keeps a server from the call's session. */
  boolean isHidden(Call call, Route to) {
    return shared.sessions().behind(call.session()).joining(to.server().name()).isHidden();
  }

  private CompletableFuture<Optional<SessionsBehind.Member>> greet(
      Call call, Snapshot under, Route to, SessionsBehind behind, byte[] greeting) {
    return CompletableFuture.completedFuture(greeting)
        .thenCompose(body -> fanOut.one(call, under, request(to, null, body)))
        .thenCompose(
            said -> {
              shared.leftOut().unlessAnswered(said);
              SessionsBehind.Member opened = FederatedGreeting.opened(said);
              if (opened == null) {
                behind.joining(to.server().name()).failed(said.hidden());
                return CompletableFuture.completedFuture(Optional.empty());
              }
              return greeted(call, to.server().name(), behind, opened).thenApply(Optional::of);
            });
  }

  private CompletableFuture<SessionsBehind.Member> greeted(
      Call call, String server, SessionsBehind behind, SessionsBehind.Member opened) {
    return CompletableFuture.completedFuture(opened)
        .thenCompose(session -> say(call, server, session, INITIALIZED))
        .thenApply(
            taken -> {
              shared.sessions().join(call, behind, server, opened);
              behind.joining(server).succeeded();
              LogLevel level = behind.level();
              if (level != null) {
                // It has joined, whatever it says to this.
                var unused = say(call, server, opened, setLevel(level));
              }
              return opened;
            })
        .whenComplete(
            (joined, failure) -> {
              if (failure != null) {
                shared.sessions().drop(call, opened);
              }
            });
  }

  private CompletableFuture<FanOut.Said> say(
      Call call, String server, SessionsBehind.Member session, byte[] message) {
    Standing now = Standing.now(call, shared.snapshots());
    return fanOut.one(call, now.under(), request(now.to(server), session, message));
  }

  private static byte[] setLevel(LogLevel level) {
    return ("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"logging/setLevel\",\"params\":{\"level\":\""
            + level.wire()
            + "\"}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private InnerCalls.Request request(
      Route to, SessionsBehind.@Nullable Member session, byte[] body) {
    return new InnerCalls.Request(shared.ids().next(), to, session, null, null, body);
  }
}
