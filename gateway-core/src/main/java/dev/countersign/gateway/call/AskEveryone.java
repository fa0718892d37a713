// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes one request on a path with several servers one to each of them, and one answer of what they
 * say. Confined to the call's loop.
 */
final class AskEveryone {
  private final FanOut fanOut;
  private final FederatedParts parts;

  AskEveryone(FanOut fanOut, FederatedParts parts) {
    this.fanOut = fanOut;
    this.parts = parts;
  }

  /** Makes one answer of several. */
  @FunctionalInterface
  interface Merge {
    CompletableFuture<Answer> of(List<FanOut.Said> said);
  }

  /** To every server; completes once the answer is on its way, fails with why there is none. */
  CompletableFuture<Void> ask(Call call, Merge merge) {
    return ask(call, Standing.of(call), merge);
  }

  /** The same, of what is known of the call now. */
  CompletableFuture<Void> ask(Call call, Standing on, Merge merge) {
    return ask(call, on, server -> call.message().body(), merge);
  }

  /**
   * To the servers for which there is a body.
   *
   * @param bodyFor by server; null for one that is not asked
   */
  CompletableFuture<Void> ask(
      Call call, Standing on, Function<String, byte @Nullable []> bodyFor, Merge merge) {
    return asked(call, on.under(), requests(call, on, bodyFor), merge);
  }

  /** To the servers that are here, and for which there is a body. */
  private List<InnerCalls.Request> requests(
      Call call, Standing on, Function<String, byte @Nullable []> bodyFor) {
    List<InnerCalls.Request> requests = new ArrayList<>();
    SessionsBehind behind = parts.sessions().behind(call.session());
    for (Route member : on.route().members()) {
      SessionsBehind.Member session = behind.with(member.server().name());
      byte[] body = bodyFor.apply(member.server().name());
      if (body != null && (session != null || call.session() == null)) {
        requests.add(new InnerCalls.Request(parts.ids().next(), member, session, null, null, body));
      }
    }
    return requests;
  }

  private CompletableFuture<Void> asked(
      Call call, Snapshot under, List<InnerCalls.Request> requests, Merge merge) {
    // A client that leaves early still has its requests in flight as long as servers are at work.
    AtomicInteger open = new AtomicInteger(requests.size() + 1);
    Runnable over =
        () -> {
          if (open.decrementAndGet() == 0) {
            call.end();
          }
        };
    return fanOut
        .ask(call, under, requests, over)
        .thenCompose(said -> merged(call, merge, said))
        .thenAccept(
            answer -> {
              answer.ifPresent(
                  whole -> FederatedLine.write(call, Relay.unlessSessionGone(call, whole)));
              over.run();
            });
  }

  /** What the client gets; nothing when it has left. */
  private CompletableFuture<Optional<Answer>> merged(
      Call call, Merge merge, List<FanOut.Said> said) {
    if (call.exchange().closed()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    said.forEach(parts.leftOut()::unlessAnswered);
    return merge.of(said).thenApply(Optional::of);
  }
}
