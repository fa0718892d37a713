// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.mcp.CancelledId;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.ResumableStream;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.identity.CallerKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Ties the call to a session of its caller. Legacy: the presented id must have been sealed for this
 * caller on this route, and be alive. Modern: the session follows from who calls, so that no client
 * sheds it by reconnecting.
 */
final class SessionStep {
  private static final Set<McpMethod> ABOUT_QUESTIONS =
      EnumSet.of(McpMethod.RESPONSE, McpMethod.PROGRESS, McpMethod.ROOTS_CHANGED);

  private final SessionTable sessions;
  private final EventIds eventIds;
  private final SessionTaskStep tasks;
  private final Meters meters;

  SessionStep(SessionTable sessions, EventIds eventIds, SessionTaskStep tasks, Meters meters) {
    this.sessions = sessions;
    this.eventIds = eventIds;
    this.tasks = tasks;
    this.meters = meters;
  }

  void bind(Call call) {
    McpMessage message = call.message();
    if (call.isBridged()) {
      // It is in the session of the client that it is made for.
      return;
    }
    if (message.era().modern()) {
      call.derivedSession(derived(call.caller().key(), call.entrance().path()));
    } else if (message.method() == McpMethod.INITIALIZE) {
      refuseWithin(call);
      if (!sessions.roomFor(call.caller().key(), call.limits())) {
        throw RefusedException.of(Reason.SESSION_LIMIT);
      }
    } else {
      legacy(call, message);
    }
  }

  /** A session is begun once; an id that is dead says nothing. */
  private void refuseWithin(Call call) {
    String presented = call.exchange().head().header("mcp-session-id");
    if (presented != null && find(call, presented) != null) {
      throw RefusedException.of(Reason.INVALID_REQUEST, "this session is initialized already");
    }
  }

  private @Nullable BoundSession find(Call call, String presented) {
    return sessions.find(presented, call.caller().key(), call.entrance().path(), call.limits());
  }

  private void legacy(Call call, McpMessage message) {
    RequestHead head = call.exchange().head();
    String presented = head.header("mcp-session-id");
    if (presented == null) {
      throw RefusedException.of(Reason.SESSION_REQUIRED);
    }
    BoundSession session = find(call, presented);
    if (session == null) {
      throw RefusedException.of(Reason.SESSION_UNKNOWN);
    }
    String version = head.header("mcp-protocol-version");
    if (version != null && !version.equals(session.version())) {
      throw RefusedException.of(
          Reason.INVALID_REQUEST, "MCP-Protocol-Version is not the version agreed on");
    }
    call.session(session);
    session.countCall();
    if (!call.hasRoute() && ABOUT_QUESTIONS.contains(message.method())) {
      // Judged in the session with the server that asked.
      return;
    }
    if (message.method() == McpMethod.RESPONSE) {
      AnswerStep.bind(call, session);
      return;
    }
    if (call.hasRoute()) {
      tasks.bind(call, session);
    }
    RpcId id = message.id();
    if (id != null) {
      if (!session.begin(id, call.life()::cancelled)) {
        throw RefusedException.of(Reason.ID_IN_FLIGHT);
      }
      call.onEnd(() -> session.finish(id));
    }
    if (message.method() == McpMethod.STREAM) {
      if (!session.openStream(call.limits().streamsPerSessionMax())) {
        throw RefusedException.of(Reason.STREAM_LIMIT);
      }
      call.onEnd(session::closeStream);
      resume(call, session, head.header("last-event-id"));
    }
    if (message.method() == McpMethod.END) {
      // Whatever policy, the disk or the server say: who gives a session up must not keep it.
      call.onEnd(() -> sessions.end(session));
    }
    if (message.method() == McpMethod.PING) {
      throw new SettledException(MessageStep.result(String.valueOf(call.rpcIdJson()), "{}"));
    }
    if (message.method() == McpMethod.SUBSCRIBE
        && session.subscriptions().size() >= call.limits().perSession().subscriptionsMax()) {
      throw RefusedException.of(Reason.SUBSCRIPTION_LIMIT);
    }
    if (message.method() == McpMethod.CANCELLED) {
      RpcId cancelled = CancelledId.of(message.params());
      if (cancelled == null || session.cancellation(cancelled) == null) {
        // Not this session's, or over already: the server must not hear of it.
        throw dropped();
      }
    }
    if ((message.method() == McpMethod.PROGRESS && !awaitsProgress(session, message.params()))
        || (message.method() == McpMethod.ROOTS_CHANGED
            && !session.capabilities().rootsListChanged())) {
      throw dropped();
    }
  }

  private void resume(Call call, BoundSession session, @Nullable String lastEventId) {
    if (lastEventId == null) {
      return;
    }
    EventIds.Position position = eventIds.open(call, session, lastEventId);
    if (position == null) {
      throw RefusedException.of(Reason.EVENT_UNKNOWN);
    }
    boolean standalone = position.stream().equals(EventIds.STANDALONE);
    ResumableStream stream = standalone ? null : session.resumable().find(position.stream());
    if (!standalone && stream == null) {
      throw RefusedException.of(Reason.EVENT_UNKNOWN);
    }
    call.terms().resumes(new Resumption(position, stream));
  }

  private SettledException dropped() {
    meters.dropped();
    return new SettledException(Answer.empty(202));
  }

  /**
   * A client says how far it is with a question of this session's server, and with nothing else.
   */
  private static boolean awaitsProgress(BoundSession session, @Nullable JsonValue params) {
    JsonValue token = params == null ? null : params.member("progressToken");
    return token != null
        && session.questions().awaitsProgress(new String(token.raw(), StandardCharsets.UTF_8));
  }

  /** Names the session of a modern caller on a route; opens nothing, so a plain digest will do. */
  private static String derived(CallerKey key, String route) {
    MessageDigest digest = Digests.sha256();
    add(digest, key.kind());
    add(digest, key.issuer());
    add(digest, key.subject());
    add(digest, String.valueOf(key.client()));
    add(digest, route);
    return HexFormat.of().formatHex(digest.digest(), 0, 16);
  }

  private static void add(MessageDigest digest, String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    digest.update((byte) (bytes.length >> 8));
    digest.update((byte) bytes.length);
    digest.update(bytes);
  }
}
