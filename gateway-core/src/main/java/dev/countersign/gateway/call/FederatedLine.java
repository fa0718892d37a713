// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.mcp.ExposedNames;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.Rewrite;
import dev.countersign.gateway.snapshot.FederatedRoute;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.telemetry.Meters;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a request on a path with several servers behind it. It becomes one request to the
 * server that its target's name begins with, or one to each server, whose answers are put together;
 * each goes down the call line by itself, is decided and recorded as a call of its own, and fails
 * by itself. Names change here and nowhere else.
 */
final class FederatedLine {
  private static final Logger LOG = LoggerFactory.getLogger(FederatedLine.class);

  private final InnerCalls inner;
  private final FanOut fanOut;
  private final FederatedSessions sessions;
  private final CallIds ids;
  private final FederatedGreeting greeting;
  private final Meters meters;

  FederatedLine(Consumer<Call> line, FederatedSessions sessions, CallIds ids, Meters meters) {
    this.inner = new InnerCalls(line);
    this.fanOut = new FanOut(inner);
    this.sessions = sessions;
    this.ids = ids;
    this.meters = meters;
    this.greeting = new FederatedGreeting(sessions);
  }

  /** Completes once the request is on its way; fails with why it is not. */
  CompletableFuture<Void> serve(Call call) {
    sessions.use(call);
    McpMessage message = call.message();
    McpMethod.Listing listing = message.method().listing();
    if (listing != null) {
      return all(call, said -> MergedList.answer(call, listing, said));
    }
    return switch (message.method()) {
      case INITIALIZE -> all(call, said -> greeting.initialized(call, said));
      case DISCOVER -> all(call, said -> greeting.discovered(call, said));
      case RESPONSE -> toAsker(call);
      case INITIALIZED, CANCELLED, PROGRESS, ROOTS_CHANGED -> all(call, said -> Answer.empty(202));
      case END -> all(call, said -> Answer.empty(200));
      case STREAM -> throw RefusedException.of(Reason.METHOD_NOT_ALLOWED);
      default -> one(call);
    };
  }

  /** To the server that the target belongs to. */
  private CompletableFuture<Void> one(Call call) {
    McpMessage message = call.message();
    String exposed = message.targetName();
    ExposedNames.Parts parts = exposed == null ? null : ExposedNames.split(message.kind(), exposed);
    Route member = parts == null ? null : route(call).member(parts.server());
    if (exposed == null || parts == null || member == null) {
      throw exposed == null
          ? RefusedException.of(Reason.METHOD_NOT_SERVED)
          : UnknownTarget.hidden(message, exposed);
    }
    byte[] body = ExposedNames.request(message, parts.name());
    return relay(call, member, parts.name(), exposed, body);
  }

  /** To the server that asked. */
  private CompletableFuture<Void> toAsker(Call call) {
    RpcId id = call.message().id();
    String asker = id == null ? null : sessions.asker(call, id);
    Route member = asker == null ? null : route(call).member(asker);
    if (member == null) {
      throw AnswerStep.nobodyAsked();
    }
    return relay(call, member, null, null, call.message().body());
  }

  private CompletableFuture<Void> relay(
      Call call, Route member, @Nullable String name, @Nullable String exposed, byte[] body) {
    String server = member.server().name();
    FederatedSessions.Member session = sessions.behind(call.session()).get(server);
    if (session == null && !call.message().era().modern()) {
      throw RefusedException.of(Reason.UPSTREAM_UNAVAILABLE);
    }
    Call sent =
        inner.send(
            call,
            new InnerCalls.Request(call.id(), member, session, name, exposed, body),
            new Relay(call, server));
    sent.onEnd(call::end);
    return CompletableFuture.completedFuture(null);
  }

  /**
   * To every server; what they say makes one answer. A list that goes on is asked only of those
   * that have more.
   */
  private CompletableFuture<Void> all(Call call, Merge merge) {
    McpMessage message = call.message();
    JsonValue given = message.params() == null ? null : message.params().member("cursor");
    boolean goesOn = message.method().listing() != null && given != null;
    Map<String, String> cursors = goesOn ? cursors(given) : Map.of();
    List<InnerCalls.Request> requests = new ArrayList<>();
    Map<String, FederatedSessions.Member> behind = sessions.behind(call.session());
    boolean opened = call.session() != null;
    for (Route member : route(call).members()) {
      FederatedSessions.Member session = behind.get(member.server().name());
      String cursor = cursors.get(member.server().name());
      if ((cursor != null || !goesOn) && (session != null || !opened)) {
        byte[] body = cursor == null ? message.body() : Rewrite.cursor(message, cursor);
        requests.add(new InnerCalls.Request(ids.next(), member, session, null, null, body));
      }
    }
    // A client that leaves early still has its requests in flight as long as servers are at work.
    AtomicInteger parts = new AtomicInteger(requests.size() + 1);
    Runnable over =
        () -> {
          if (parts.decrementAndGet() == 0) {
            call.end();
          }
        };
    return fanOut
        .ask(call, requests, over)
        .thenAccept(
            said -> {
              if (!call.exchange().closed()) {
                said.forEach(this::note);
                write(call, merge.of(said));
              }
              over.run();
            });
  }

  private static void write(Call call, Answer answer) {
    List<Header> headers = new ArrayList<>(answer.headers());
    headers.addAll(FrontDoor.cors(call.exchange().head()));
    call.exchange().answer(new Answer(answer.status(), headers, answer.body()));
  }

  private static Map<String, String> cursors(@Nullable JsonValue given) {
    if (given == null || given.kind() != JsonKind.STRING) {
      throw CursorStep.noCursor();
    }
    return MergedCursor.read(given.text()).byServer();
  }

  private void note(FanOut.Said said) {
    boolean answered = said.result() != null || said.answer().status() / 100 == 2;
    if (!answered && !said.hidden()) {
      meters.memberLeftOut();
      LOG.atWarn().addKeyValue("server", said.server()).log("left out of a federated answer");
    }
  }

  private static FederatedRoute route(Call call) {
    return (FederatedRoute) call.entrance();
  }

  /** Makes one answer of several. */
  @FunctionalInterface
  private interface Merge {
    Answer of(List<FanOut.Said> said);
  }
}
