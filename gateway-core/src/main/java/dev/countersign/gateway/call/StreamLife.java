// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.mcp.McpMethod;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The life of a stream that no answer ends, a GET or a subscription: when the client gets its head,
 * what is looked after while it is open, and how it ends. Confined to the call's event loop.
 */
final class StreamLife {
  /** A server that takes longer than this for the head of a GET stream has one. */
  private static final Duration HEAD_TIME = Duration.ofSeconds(1);

  private final Call call;
  private final Outcome outcome;
  private final Delivery delivery;
  private final ReplyOrder order;
  private final StreamWatch watch;
  private Loop.@Nullable Timer patience;

  StreamLife(Call call, Outcome outcome, Delivery delivery, ReplyOrder order, StreamWatch watch) {
    this.call = call;
    this.outcome = outcome;
    this.delivery = delivery;
    this.order = order;
    this.watch = watch;
  }

  /** Whether the call is for such a stream. */
  static boolean isOf(Call call) {
    McpMethod method = call.message().method();
    return method == McpMethod.STREAM || method == McpMethod.LISTEN;
  }

  /** Ties the stream to what can end it from outside. */
  void begin() {
    // The answer may have to name the page's origin; nothing else of them is read again.
    call.exchange().keepOnly("origin");
    watch.begin(this::finish);
    if (call.message().method() == McpMethod.STREAM) {
      // Clients wait for the head, and some servers send theirs with the first event.
      patience = call.exchange().loop().after(HEAD_TIME, this::open);
      call.onEnd(this::waitNoMore);
    }
  }

  /** The client gets the head, unless it has it. */
  void open() {
    waitNoMore();
    if (!delivery.streaming()) {
      delivery.openStream(() -> order.then(this::lookAfter));
    }
  }

  private void waitNoMore() {
    if (patience != null) {
      patience.cancel();
      patience = null;
    }
  }

  private CompletableFuture<?> lookAfter() {
    if (watch.idle()) {
      finish("nothing was said for too long");
      return CompletableFuture.completedFuture(null);
    }
    return goesOn()
        .thenAccept(
            yes -> {
              if (yes && watch.takeChange()) {
                changes().forEach(delivery::message);
              }
            });
  }

  /** Whether the newest settings still permit it; ends it when they do not. */
  CompletableFuture<Boolean> goesOn() {
    return watch
        .permitted()
        .thenApply(
            yes -> {
              if (!yes) {
                finish("the settings no longer permit it");
              }
              return yes;
            });
  }

  /** New settings may show the client other lists than it has. */
  private List<byte[]> changes() {
    Listening listening = call.terms().listening();
    return listening == null ? ReplyMessages.listChanges() : listening.changes();
  }

  /** Ends a stream on the gateway's own account; a subscription then has a result. */
  private void finish(String detail) {
    Listening listening = call.terms().listening();
    if (listening != null && !outcome.over()) {
      listening.end().ifPresent(delivery::message);
    }
    delivery.finished(detail);
  }
}
