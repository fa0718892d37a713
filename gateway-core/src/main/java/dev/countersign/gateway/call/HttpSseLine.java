// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.sseclient.PostedMessage;
import dev.countersign.gateway.sseclient.SseClient;
import dev.countersign.gateway.sseclient.SseClients;
import dev.countersign.gateway.work.WorkPool;
import java.util.concurrent.CompletableFuture;

/**
 * What clients of 2024-11-05 ask of the gateway itself: a stream, and to take a message, which then
 * comes down the call line as a request of its own. The caller has been proven.
 */
final class HttpSseLine {
  private final SseClients clients;
  private final BodyStep bodies;
  private final SnapshotHolder snapshots;
  private final WorkPool work;

  HttpSseLine(SseClients clients, BodyStep bodies, SnapshotHolder snapshots, WorkPool work) {
    this.clients = clients;
    this.bodies = bodies;
    this.snapshots = snapshots;
    this.work = work;
  }

  /** Whether a request is of that transport. */
  static boolean isFor(Call call) {
    return call.entrance() instanceof Route route
        && route.server().httpSse()
        && (!call.exchange().head().target().equals(route.path()) || opens(call.exchange().head()));
  }

  private static boolean opens(RequestHead head) {
    return head.method().equals("GET")
        && head.header("mcp-session-id") == null
        && !Era.MODERN_VERSION.equals(head.header("mcp-protocol-version"));
  }

  /** Answers it. */
  CompletableFuture<Void> serve(Call call) {
    RequestHead head = call.exchange().head();
    String address = Snapshot.messagesOf(head.target());
    return address == null
        ? bodies.read(call).thenAccept(body -> open(call))
        : bodies.readPosted(call).thenCompose(body -> take(call, address, body));
  }

  private void open(Call call) {
    String path = call.route().path();
    boolean opened =
        clients.open(
            new SseClients.Place(
                call.caller().key(), call.caller().expiresAt(), path, call.limits()),
            call.exchange(),
            ClientStream.head(call),
            () -> isServed(path));
    if (!opened) {
      throw RefusedException.of(Reason.SESSION_LIMIT);
    }
    // Streams have a bound of their own: an idle one takes no place among its caller's calls.
    call.end();
  }

  private boolean isServed(String path) {
    Snapshot newest = snapshots.current();
    return newest != null
        && newest.entrance(path) instanceof Route route
        && route.server().httpSse();
  }

  private CompletableFuture<Void> take(Call call, String address, byte[] body) {
    SseClient client = clients.find(address, call.caller().key(), call.route().path());
    if (client == null) {
      throw RefusedException.of(Reason.SESSION_UNKNOWN);
    }
    JsonLimits limits =
        JsonLimits.DEFAULTS.with(
            call.limits().bodyBytesMax(), call.limits().depthMax(), call.limits().tokensMax());
    Loop loop = call.exchange().loop();
    return work.forNew(call.caller().key(), body.length, loop, () -> PostedMessage.of(body, limits))
        .thenCompose(message -> handOver(call, client, message))
        .thenAccept(
            answer -> {
              throw new SettledException(answer);
            });
  }

  private static CompletableFuture<Answer> handOver(
      Call call, SseClient client, PostedMessage message) {
    call.rpcId(message.id());
    RequestHead head = call.exchange().head();
    BufferHold hold = call.exchange().hold().another();
    CompletableFuture<Answer> answer =
        CompletableFuture.supplyAsync(() -> client.take(head, message, hold), client.loop())
            .thenCompose(taken -> taken);
    return call.exchange().loop().here(answer);
  }
}
