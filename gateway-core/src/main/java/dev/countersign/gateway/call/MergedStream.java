// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.snapshot.FederatedRoute;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.sse.SseMark;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The GET stream of a legacy session with several servers: what any of them says on a stream of its
 * own. A server that has none, or fails, is left out; one that fails is asked again, after growing
 * pauses and under the newest settings. The stream ends with its client, session or credential, or
 * with the gateway. Confined to the call's loop.
 */
final class MergedStream {
  /** What streams that end with this one get to say why by themselves. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  /** Refused, no such stream: asking again would get the same answer. */
  private static final Set<Integer> FOR_GOOD = Set.of(403, 405);

  private static final Logger LOG = LoggerFactory.getLogger(MergedStream.class);

  private enum Asking {
    NOT,
    ASKED,
    OPEN
  }

  private final Call call;
  private final InnerCalls inner;
  private final LateJoins joins;
  private final FederatedParts shared;
  private final Map<String, Part> parts = new LinkedHashMap<>();
  private Snapshot under;
  private @Nullable ClientStream client;
  private boolean asked;
  private boolean paused;
  private boolean over;

  MergedStream(Call call, InnerCalls inner, LateJoins joins, FederatedParts shared) {
    this.call = call;
    this.inner = inner;
    this.joins = joins;
    this.shared = shared;
    this.under = call.snapshot();
  }

  /** Asks every server; the client gets its head when the first of them has begun. */
  void open() {
    call.exchange().onClosed(this::left);
    call.exchange().onDrain(() -> parts.values().forEach(Part::drain));
    StreamWatch.tie(call, detail -> finish());
    SessionsBehind behind = shared.sessions().behind(call.session());
    Runnable joined = () -> call.exchange().loop().execute(this::joined);
    behind.onJoined(joined);
    call.onEnd(() -> behind.forget(joined));
    ask();
    asked = true;
    settle();
  }

  private void ask() {
    renew();
    if (over || !(under.entrance(call.entrance().path()) instanceof FederatedRoute route)) {
      return;
    }
    SessionsBehind behind = shared.sessions().behind(call.session());
    for (Route member : route.members()) {
      String server = member.server().name();
      SessionsBehind.Member session = behind.with(server);
      if (session != null) {
        parts.computeIfAbsent(server, Part::new).ask(member, session);
      } else if (client != null) {
        // Told when it has joined, as whenever one has.
        var unused = joins.with(call, under, member);
      }
    }
  }

  /** With a server that has joined come lists of its own. */
  private void joined() {
    if (client != null && !over) {
      for (byte[] change : ReplyMessages.listChanges()) {
        client.message(SseMark.NONE, change);
      }
    }
    ask();
  }

  /** What the client is told when no server gives a stream. */
  private void settle() {
    if (!asked || over || client != null || parts.values().stream().anyMatch(Part::awaited)) {
      return;
    }
    if (parts.values().stream().allMatch(part -> part.never)) {
      over = true;
      FederatedLine.write(call, refusal());
      call.end();
    } else {
      openClient();
    }
  }

  private Answer refusal() {
    List<Answer> refusals = parts.values().stream().map(part -> part.refusal).toList();
    return refusals.stream()
        .filter(answer -> answer.status() == 405)
        .findFirst()
        .or(() -> refusals.stream().findFirst())
        .orElse(Answer.empty(405));
  }

  private void openClient() {
    if (client == null && !over) {
      client = new ClientStream(call, () -> paused = true, this::resume, this::lookAfter);
    }
  }

  private void resume() {
    paused = false;
    parts.values().forEach(Part::caughtUp);
  }

  private void lookAfter() {
    shared.sessions().use(call);
    ask();
  }

  /** What is asked is asked under the newest settings. */
  private void renew() {
    Snapshot newest = shared.snapshots().current();
    if (newest != null && newest != under) {
      under = newest;
      parts.values().forEach(Part::underNewSettings);
      if (!StreamWatch.believed(newest, call)
          || !(newest.entrance(call.entrance().path()) instanceof FederatedRoute)) {
        finish();
      }
    }
  }

  private void finish() {
    if (over) {
      return;
    }
    over = true;
    if (client == null) {
      call.exchange().answer(Answer.empty(503));
    } else {
      client.end();
    }
    var unused = call.exchange().loop().after(LINGER, () -> parts.values().forEach(Part::cancel));
    call.end();
  }

  private void left() {
    over = true;
    if (client != null) {
      client.over();
    }
    parts.values().forEach(Part::cancel);
    call.end();
  }

  /** The stream of one server. */
  private final class Part extends MemberPart {
    private final Pauses pauses = new Pauses();
    private Asking asking = Asking.NOT;
    private SessionsBehind.@Nullable Member askedFor;
    private BufferHold hold = call.exchange().hold();
    private Answer refusal = Answer.empty(405);
    private boolean never;

    Part(String server) {
      super(call, server, shared);
    }

    void ask(Route route, SessionsBehind.Member session) {
      if (!session.equals(askedFor)) {
        underNewSettings();
      }
      if (asking == Asking.NOT && !never && pauses.over()) {
        asking = Asking.ASKED;
        askedFor = session;
        BufferHold ofThis = call.exchange().hold().another();
        hold = ofThis;
        Call request =
            inner.sendAside(
                under,
                call,
                new InnerCalls.Request(
                    shared.ids().next(), route, session, null, null, new byte[0]),
                this,
                ofThis);
        sent(request);
        request.onEnd(() -> settled().whenComplete((done, failure) -> ofThis.release()));
      }
    }

    boolean awaited() {
      return asking != Asking.NOT;
    }

    void underNewSettings() {
      never = false;
      pauses.reset();
    }

    @Override
    public void answer(Answer answer) {
      asking = Asking.NOT;
      refusal = answer;
      never = FOR_GOOD.contains(answer.status());
      if (!never) {
        pauses.failed();
        shared.leftOut().server(server());
      }
      settle();
    }

    @Override
    public ResponseStream stream(int status, List<Header> head) {
      asking = Asking.OPEN;
      openClient();
      return begin(hold);
    }

    @Override
    public CompletableFuture<Void> message(ExposedMessages.Exposed said) {
      pauses.reset();
      if (client != null) {
        client.message(SseMark.NONE, said.bytes());
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void ended(boolean whole) {
      asking = Asking.NOT;
      pauses.failed();
    }

    @Override
    public void failed(Throwable failure) {
      LOG.atWarn()
          .addKeyValue("server", server())
          .setCause(failure)
          .log("a message of a stream could not be handed on");
      shared.leftOut().server(server());
      cancel();
      ended(false);
    }

    @Override
    public boolean writable() {
      return !paused;
    }
  }
}
