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
import dev.countersign.gateway.mcp.LogLevel;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.Rewrite;
import dev.countersign.gateway.snapshot.FederatedRoute;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The way of a request on a path with several servers behind it. It becomes one request to the
 * server that its target's name begins with, or one to each server, whose answers are put together;
 * each goes down the call line by itself, is decided and recorded as a call of its own, and fails
 * by itself. Names change here and nowhere else.
 */
final class FederatedLine {
  /** How long a list waits for servers that are not there yet; they join all the same. */
  private static final Duration JOINED_IN = Duration.ofSeconds(5);

  private final InnerCalls inner;
  private final AskEveryone everyone;
  private final LateJoins joins;
  private final FederatedParts parts;
  private final FederatedGreeting greeting;

  FederatedLine(Consumer<Call> line, FederatedParts parts) {
    this.inner = new InnerCalls(line);
    FanOut fanOut = new FanOut(inner, parts.work());
    this.everyone = new AskEveryone(fanOut, parts);
    this.joins = new LateJoins(fanOut, parts);
    this.parts = parts;
    this.greeting = new FederatedGreeting(parts.sessions());
  }

  /** Completes once the request is on its way; fails with why it is not. */
  CompletableFuture<Void> serve(Call call) {
    parts.sessions().use(call);
    McpMessage message = call.message();
    McpMethod.Listing listing = message.method().listing();
    if (listing != null) {
      return lists(call, listing);
    }
    return switch (message.method()) {
      case INITIALIZE -> everyone.ask(call, said -> now(greeting.initialized(call, said)));
      case DISCOVER -> everyone.ask(call, said -> now(greeting.discovered(call, said)));
      case RESPONSE -> toAsker(call);
      case INITIALIZED, CANCELLED, ROOTS_CHANGED ->
          everyone.ask(call, said -> now(Answer.empty(202)));
      case PROGRESS -> progress(call);
      case END -> everyone.ask(call, said -> now(Answer.empty(200)));
      case SET_LEVEL -> setLevel(call);
      case STREAM -> stream(call);
      case LISTEN -> listen(call);
      default -> one(call);
    };
  }

  private CompletableFuture<Void> setLevel(Call call) {
    // The servers' own bounds are looked at when it goes to them.
    LogLevel wanted = Rewrite.logLevel(call.message(), LogLevel.DEBUG);
    parts.sessions().behind(call.session()).level(wanted);
    return everyone.ask(call, said -> now(firstResult(said)));
  }

  /** To the server that asked, when that is clear: tokens of several may be the same. */
  private CompletableFuture<Void> progress(Call call) {
    McpMessage message = call.message();
    JsonValue token = message.params() == null ? null : message.params().member("progressToken");
    String asker =
        token == null
            ? null
            : parts
                .sessions()
                .awaitsProgress(call, new String(token.raw(), StandardCharsets.UTF_8));
    return everyone.ask(
        call,
        Standing.of(call),
        server -> server.equals(asker) ? message.body() : null,
        said -> now(Answer.empty(202)));
  }

  private CompletableFuture<Void> stream(Call call) {
    new MergedStream(call, inner, joins, parts).open();
    return CompletableFuture.completedFuture(null);
  }

  private CompletableFuture<Void> listen(Call call) {
    parts.listenStreams().open(call);
    new MergedListen(call, inner, parts).open(route(call));
    return CompletableFuture.completedFuture(null);
  }

  /** To the server that the target belongs to. */
  private CompletableFuture<Void> one(Call call) {
    McpMessage message = call.message();
    String exposed = message.targetName();
    ExposedNames.Parts named = exposed == null ? null : ExposedNames.split(message.kind(), exposed);
    Route member = named == null ? null : route(call).member(named.server());
    if (exposed == null || named == null || member == null) {
      throw exposed == null
          ? RefusedException.of(Reason.METHOD_NOT_SERVED)
          : UnknownTarget.hidden(message, exposed);
    }
    byte[] body = ExposedNames.request(message, named.name());
    return relay(call, member, named.name(), exposed, body);
  }

  /** To the server that asked. */
  private CompletableFuture<Void> toAsker(Call call) {
    RpcId id = call.message().id();
    String asker = id == null ? null : parts.sessions().asker(call, id);
    Route member = asker == null ? null : route(call).member(asker);
    if (member == null) {
      throw AnswerStep.nobodyAsked();
    }
    return relay(call, member, null, null, call.message().body());
  }

  private CompletableFuture<Void> relay(
      Call call, Route member, @Nullable String name, @Nullable String exposed, byte[] body) {
    if (call.modern()) {
      relay(
          call,
          call.snapshot(),
          new InnerCalls.Request(call.id(), member, null, name, exposed, body));
      return CompletableFuture.completedFuture(null);
    }
    var joined = joins.with(call, call.snapshot(), member);
    boolean waits = !joined.isDone();
    return joined.thenAccept(
        known -> {
          Standing on = waits ? Standing.now(call, parts.snapshots()) : Standing.of(call);
          SessionsBehind.Member session = known.orElseThrow(() -> notThere(call, member, exposed));
          Route to = on.to(member.server().name());
          relay(
              call,
              on.under(),
              new InnerCalls.Request(call.id(), to, session, name, exposed, body));
        });
  }

  /** What the caller may not see is unknown to it, and not down. */
  private RefusedException notThere(Call call, Route member, @Nullable String exposed) {
    return exposed != null && joins.isHidden(call, member)
        ? UnknownTarget.hidden(call.message(), exposed)
        : RefusedException.of(Reason.UPSTREAM_UNAVAILABLE);
  }

  private void relay(Call call, Snapshot under, InnerCalls.Request request) {
    Relay relay = new Relay(call, request.route().server().name(), parts.work());
    Call sent = inner.send(under, call, request, relay);
    sent.onEnd(() -> relay.settled().whenComplete((done, failure) -> call.end()));
  }

  /** A list of every server's; one that goes on is asked only of those that have more. */
  private CompletableFuture<Void> lists(Call call, McpMethod.Listing listing) {
    McpMessage message = call.message();
    JsonValue given = message.params() == null ? null : message.params().member("cursor");
    if (given != null) {
      Map<String, String> cursors = cursors(given);
      return everyone.ask(
          call,
          Standing.of(call),
          server ->
              cursors.containsKey(server) ? Rewrite.cursor(message, cursors.get(server)) : null,
          said -> list(call, listing, said));
    }
    AskEveryone.Merge merge = said -> list(call, listing, said);
    if (call.modern()) {
      return everyone.ask(call, merge);
    }
    CompletableFuture<Void> joined = joined(call);
    return joined.isDone()
        ? everyone.ask(call, merge)
        : joined.thenCompose(
            all -> everyone.ask(call, Standing.now(call, parts.snapshots()), merge));
  }

  /** Completes when all servers that can have joined, or have had their time. */
  private CompletableFuture<Void> joined(Call call) {
    List<CompletableFuture<?>> joined = new ArrayList<>();
    route(call).members().forEach(to -> joined.add(joins.with(call, call.snapshot(), to)));
    CompletableFuture<Void> all =
        CompletableFuture.allOf(joined.toArray(CompletableFuture<?>[]::new));
    if (!all.isDone()) {
      var timer = call.exchange().loop().after(JOINED_IN, () -> all.complete(null));
      call.onEnd(timer::cancel);
    }
    return all;
  }

  private CompletableFuture<Answer> list(
      Call call, McpMethod.Listing listing, List<FanOut.Said> said) {
    long sum = said.stream().mapToLong(one -> one.answer().body().length).sum();
    int bytes = (int) Math.min(Integer.MAX_VALUE, sum);
    if (!call.exchange().hold().take(bytes)) {
      throw RefusedException.of(Reason.OVERLOADED);
    }
    String id = String.valueOf(call.rpcIdJson());
    boolean modern = call.modern();
    return parts
        .work()
        .forUnderWay(
            call.caller().key(),
            bytes,
            call.exchange().loop(),
            () -> MergedList.answer(id, modern, listing, said));
  }

  private static <T> CompletableFuture<T> now(T value) {
    return CompletableFuture.completedFuture(value);
  }

  /** Answers the client with what is made here, or with what one server was answered. */
  static void write(Call call, Answer answer) {
    List<Header> headers = new ArrayList<>(FrontDoor.cors(call.exchange().head()));
    Set<String> ours = headers.stream().map(Header::name).collect(Collectors.toSet());
    answer.headers().stream().filter(one -> !ours.contains(one.name())).forEach(headers::add);
    call.exchange().answer(new Answer(answer.status(), headers, answer.body()));
  }

  private static Map<String, String> cursors(@Nullable JsonValue given) {
    if (given == null || given.kind() != JsonKind.STRING) {
      throw CursorStep.noCursor();
    }
    return MergedCursor.read(given.text()).byServer();
  }

  /** Each server is told; the client is answered well when one of them took it. */
  private static Answer firstResult(List<FanOut.Said> said) {
    return said.stream()
        .filter(one -> one.result() != null)
        .findFirst()
        .or(() -> said.stream().findFirst())
        .map(FanOut.Said::answer)
        .orElseThrow(() -> RefusedException.of(Reason.UPSTREAM_UNAVAILABLE));
  }

  private static FederatedRoute route(Call call) {
    return (FederatedRoute) call.entrance();
  }
}
