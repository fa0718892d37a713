// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.bridge.LegacyForm;
import dev.countersign.gateway.bridge.ModernForm;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.telemetry.Meters;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code initialize} with what a modern server says of itself to {@code server/discover},
 * and opens the session, which its server never hears of. Confined to the call's event loop.
 */
final class BridgedGreeting implements ModernCalls.Reply {
  private final Call call;
  private final RpcId id;
  private final ModernCalls calls;
  private final SessionTable sessions;
  private final BridgedSessions kept;
  private final Meters meters;
  private final ModernForm.Claim claim;

  BridgedGreeting(
      Call call, ModernCalls calls, SessionTable sessions, BridgedSessions kept, Meters meters) {
    this.call = call;
    this.id = Call.established(call.message().id());
    this.calls = calls;
    this.sessions = sessions;
    this.kept = kept;
    this.meters = meters;
    this.claim =
        new ModernForm.Claim(
            ClientCapabilities.of(said("capabilities")),
            ModernForm.clientInfo(said("clientInfo")),
            null);
  }

  private @Nullable JsonValue said(String name) {
    JsonValue params = call.message().params();
    return params == null ? null : params.member(name);
  }

  void begin() {
    byte[] body = ModernForm.discover(id, claim);
    ModernCalls.Sent sent =
        calls.send(
            call,
            new ModernCalls.Request(call.id(), McpMethod.DISCOVER, null, List.of(), body),
            this);
    call.exchange().onClosed(sent::cancel);
    call.exchange().onDrain(sent::drain);
    sent.call().onEnd(call::end);
  }

  @Override
  public void answer(Call from, RpcMessage answer, Answer whole) {
    if (answer instanceof RpcMessage.Result result && LegacyForm.isModern(result.result())) {
      open(result.result());
    } else if (answer instanceof RpcMessage.Failure failure && !isOldServers(from, failure)) {
      BridgedCall.pass(call, failure, whole);
    } else {
      BridgeLine.write(call, BridgeLine.notModern(), meters);
    }
  }

  /** A server of the legacy era does not know what it was asked. */
  private static boolean isOldServers(Call from, RpcMessage.Failure failure) {
    return from.life().wasSent() && failure.code() == Reason.METHOD_NOT_SERVED.code();
  }

  private void open(JsonValue discovered) {
    String version = LegacyForm.version(said("protocolVersion"));
    BoundSession session =
        sessions.open(
            call.caller().key(),
            call.entrance().path(),
            version,
            null,
            claim.capabilities(),
            call.limits());
    if (session == null) {
      BridgeLine.write(call, RefusedException.of(Reason.SESSION_LIMIT), meters);
      return;
    }
    kept.add(session, claim.clientInfo());
    BridgeLine.write(
        call,
        new Answer(
            200,
            List.of(
                new Header("content-type", "application/json"),
                new Header("mcp-session-id", session.wireId())),
            LegacyForm.initialized(id, version, discovered, call.route().server().name())));
  }

  @Override
  public void none(int status) {
    BridgeLine.write(call, BridgeLine.noAnswer(status), meters);
  }

  @Override
  public void begun() {
    // The answer carries the session in its head, so it is no stream.
  }

  @Override
  public void said(RpcMessage.Notification notification, byte[] bytes) {
    // Nothing may come before the answer to initialize.
    meters.dropped();
  }

  @Override
  public boolean keepsUp() {
    return true;
  }
}
