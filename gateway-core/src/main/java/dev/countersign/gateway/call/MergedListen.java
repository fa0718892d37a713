// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.SubscriptionFilter;
import dev.countersign.gateway.snapshot.FederatedRoute;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.sse.SseMark;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One {@code subscriptions/listen} at several servers: each is asked for its part of the filter
 * under the client's own request id, so that all of their messages are of the client's
 * subscription. The client first gets one acknowledgement of what they acknowledged, then what they
 * say. A server that fails, or is late, is left out. Confined to the call's loop.
 */
final class MergedListen {
  /** Once one server has acknowledged, the others have what is left of this. */
  private static final Duration ACKNOWLEDGED_IN = Duration.ofSeconds(5);

  private final Call call;
  private final InnerCalls inner;
  private final FederatedParts shared;
  private final List<Part> parts = new ArrayList<>();
  private final CompletableFuture<Void> acknowledged = new CompletableFuture<>();
  private @Nullable ClientStream client;
  private byte @Nullable [] end;
  private @Nullable Answer refusal;
  private int open;
  private boolean asked;
  private boolean late;
  private boolean over;
  private boolean paused;

  MergedListen(Call call, InnerCalls inner, FederatedParts shared) {
    this.call = call;
    this.inner = inner;
    this.shared = shared;
  }

  /**
   * Asks the servers.
   *
   * @throws RefusedException with {@link Reason#PARAMS_INVALID} when the filter is none
   */
  void open(FederatedRoute route) {
    McpMessage message = call.message();
    JsonValue wanted = message.params() == null ? null : message.params().member("notifications");
    SubscriptionFilter filter = SubscriptionFilter.of(wanted);
    for (Route member : route.members()) {
      SubscriptionFilter part = filter.of(member.server().name());
      if (!part.isEmpty() || filter.isEmpty()) {
        parts.add(new Part(member, part));
      }
    }
    if (parts.isEmpty()) {
      // It names servers that are not here: there is nothing to hear, as with hidden ones.
      route.members().forEach(member -> parts.add(new Part(member, filter.of(""))));
    }
    open = parts.size();
    call.exchange().onClosed(this::left);
    var timer = call.exchange().loop().after(ACKNOWLEDGED_IN, this::late);
    call.onEnd(timer::cancel);
    for (Part part : parts) {
      part.ask(Objects.requireNonNull(wanted)).onEnd(this::endAfterLast);
    }
    asked = true;
    settle();
  }

  private void endAfterLast() {
    open--;
    if (open == 0) {
      CompletableFuture.allOf(
              parts.stream().map(Part::settled).toArray(CompletableFuture<?>[]::new))
          .whenComplete((done, failure) -> call.end());
    }
  }

  private void late() {
    late = true;
    settle();
  }

  /** The acknowledgement, once it is known; the end, once nothing more can come. */
  private void settle() {
    if (!asked || over) {
      return;
    }
    if (!acknowledged.isDone()) {
      acknowledge();
    }
    if (parts.stream().allMatch(part -> part.over)) {
      over = true;
      finish();
    }
  }

  private void acknowledge() {
    boolean any = parts.stream().anyMatch(part -> part.served != null);
    boolean all = parts.stream().allMatch(part -> part.over || part.served != null);
    RpcId id = call.message().id();
    if (client == null || id == null || !any || (!all && !late)) {
      return;
    }
    SubscriptionFilter served = null;
    for (Part part : parts) {
      if (part.served != null) {
        SubscriptionFilter exposed = part.served.exposed(part.route.server().name());
        served = served == null ? exposed : served.or(exposed);
      } else if (!part.over) {
        part.tooLate();
      }
    }
    client.message(SseMark.NONE, Listening.acknowledgement(id, Objects.requireNonNull(served)));
    acknowledged.complete(null);
  }

  private void finish() {
    if (client != null) {
      if (end != null) {
        client.message(SseMark.NONE, end);
      } else if (!acknowledged.isDone() && refusal != null && refusal.body().length > 0) {
        client.message(SseMark.NONE, refusal.body());
      }
      client.end();
    } else if (refusal != null) {
      FederatedLine.write(call, refusal);
    }
    acknowledged.complete(null);
  }

  private void left() {
    over = true;
    if (client != null) {
      client.over();
    }
    // Nobody is kept waiting for it any more.
    acknowledged.complete(null);
  }

  private void openClient() {
    if (client == null && !over) {
      client =
          new ClientStream(
              call,
              () -> paused = true,
              () -> {
                paused = false;
                parts.forEach(Part::caughtUp);
              },
              () -> {});
    }
  }

  /** The subscription at one server. */
  private final class Part extends MemberPart {
    private final Route route;
    private final SubscriptionFilter filter;
    private @Nullable SubscriptionFilter served;
    private boolean over;

    Part(Route route, SubscriptionFilter filter) {
      super(call, route.server().name(), shared);
      this.route = route;
      this.filter = filter;
    }

    Call ask(JsonValue wanted) {
      byte[] body =
          new BodyEdit(call.message().body())
              .replace(wanted.start(), wanted.end(), filter.json().getBytes(StandardCharsets.UTF_8))
              .bytes();
      Call request =
          inner.send(
              call.snapshot(),
              call,
              new InnerCalls.Request(shared.ids().next(), route, null, null, null, body),
              this);
      sent(request);
      return request;
    }

    void tooLate() {
      over = true;
      shared.leftOut().server(server());
      cancel();
    }

    @Override
    public void answer(Answer answer) {
      new ExposedMessages(call, route.server().name(), shared.work())
          .read(answer.body())
          .whenComplete((said, failure) -> refused(answer, said == null ? null : said.message()));
    }

    private void refused(Answer answer, @Nullable RpcMessage said) {
      boolean hidden =
          said instanceof RpcMessage.Failure failure
              && failure.code() == Reason.POLICY_REFUSED.code();
      if (!hidden) {
        shared.leftOut().server(route.server().name());
      }
      // A failure says more than that one of them is not for this caller, and what has a body says
      // more than an empty 400, after which a client takes this for a legacy server.
      if (refusal == null || refusal.body().length == 0 || (!hidden && answer.body().length > 0)) {
        refusal = answer;
      }
      ended(false);
    }

    @Override
    public ResponseStream stream(int status, List<Header> head) {
      openClient();
      return begin(call.exchange().hold());
    }

    @Override
    public CompletableFuture<Void> message(ExposedMessages.Exposed said) {
      if (over) {
        return CompletableFuture.completedFuture(null);
      }
      switch (said.message()) {
        case RpcMessage.Notification note when served == null -> {
          JsonValue params = note.params();
          served = SubscriptionFilter.of(params == null ? null : params.member("notifications"));
          settle();
        }
        case RpcMessage.Result result -> end = said.bytes();
        case RpcMessage.Failure failure ->
            refused(new Answer(200, List.of(), said.bytes()), failure);
        case null, default -> {
          return acknowledged.thenRun(() -> pass(said.bytes()));
        }
      }
      return CompletableFuture.completedFuture(null);
    }

    private void pass(byte[] bytes) {
      if (client != null && !over) {
        client.message(SseMark.NONE, bytes);
      }
    }

    @Override
    public void ended(boolean whole) {
      if (!over) {
        over = true;
        settle();
      }
    }

    @Override
    public void failed(Throwable failure) {
      tooLate();
      settle();
    }

    @Override
    public boolean writable() {
      return !paused;
    }
  }
}
