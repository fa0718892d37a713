// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.Commitments;
import dev.countersign.gateway.catalogue.ParamHeaders;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.input.InputTarget;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.CredentialScan;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.EraSelector;
import dev.countersign.gateway.mcp.HeaderAgreement;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.RequestMeta;
import dev.countersign.gateway.mcp.Target;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.MessageRules.Eras;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.policy.TargetKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One strict pass over the body, the era, the mirrored headers. What leaves here is exactly what
 * policy will judge and what the server will get.
 */
final class MessageStep {
  /** Who opens a session says who it is and what it can; none of it is long. */
  private static final int INITIALIZE_BYTES_MAX = 64 << 10;

  /** What the index of any small message takes; not counted. */
  private static final int INDEX_BYTES_FREE = 16 << 10;

  /** An answer of a client stands that much deeper in a modern request than in its response. */
  private static final int BRIDGED_DEPTH = 4;

  private final Meters meters;
  private final Commitments commitments;
  private final WorkPool work;

  MessageStep(Meters meters, Commitments commitments, WorkPool work) {
    this.meters = meters;
    this.commitments = commitments;
    this.work = work;
  }

  /** Completes, on the call's loop, when the call has its message. */
  CompletableFuture<Void> parse(Call call, byte[] body) {
    RequestHead head = call.exchange().head();
    switch (head.method()) {
      case "GET" -> call.message(bodiless(McpMethod.STREAM));
      case "DELETE" -> call.message(bodiless(McpMethod.END));
      default -> {
        JsonLimits limits = limits(call, body);
        CredentialScan own = ownCredential(head);
        return work.forNew(
                call.caller().key(),
                body.length,
                call.exchange().loop(),
                () -> BodyReading.of(body, limits, own, commitments))
            .thenAccept(reading -> post(call, head, body, own, reading));
      }
    }
    return CompletableFuture.completedFuture(null);
  }

  private static JsonLimits limits(Call call, byte[] body) {
    LimitSettings limits = call.limits();
    // What the bridge made is as large as all that was put into it, each within its own bounds.
    return call.isBridged()
        ? JsonLimits.DEFAULTS.with(
            body.length, limits.depthMax() + BRIDGED_DEPTH, Integer.MAX_VALUE)
        : JsonLimits.DEFAULTS.with(limits.bodyBytesMax(), limits.depthMax(), limits.tokensMax());
  }

  /** Finds the caller's own credential; null when it showed none in a header. */
  private static @Nullable CredentialScan ownCredential(RequestHead head) {
    String authorization = head.header("authorization");
    return authorization == null ? null : CredentialScan.ofHeader(authorization);
  }

  private static McpMessage bodiless(McpMethod method) {
    return bare(Era.LEGACY, method, null);
  }

  /** A message of which no more is known, or may be kept, than its method. */
  private static McpMessage bare(Era era, McpMethod method, @Nullable RpcId id) {
    return new McpMessage(
        era, method, id, null, method.kind(), null, null, RequestMeta.NONE, new byte[0]);
  }

  private void post(
      Call call, RequestHead head, byte[] body, @Nullable CredentialScan own, BodyReading reading) {
    switch (reading) {
      case BodyReading.Message read -> {
        chargeIndex(call, read.message());
        refuseOwnCredential(call, head, own, read);
        call.commitment(read.commitment());
        post(call, head, body, read.message());
      }
      case BodyReading.Fault fault -> throw unread(call, fault.why());
    }
  }

  /** As long as the call keeps its message it keeps the index, too. */
  private static void chargeIndex(Call call, RpcMessage message) {
    long bytes = message.document().indexBytes();
    if (bytes > INDEX_BYTES_FREE && !call.exchange().hold().take(bytes)) {
      throw RefusedException.of(Reason.OVERLOADED);
    }
  }

  private void post(Call call, RequestHead head, byte[] body, RpcMessage message) {
    if (message instanceof RpcMessage.Request request) {
      call.rpcId(request.id());
    }
    Era era = EraSelector.select(message, head.header("mcp-protocol-version"));
    refuseOtherEra(call, era, message);
    refuseLossyNumbers(message);
    switch (message) {
      case RpcMessage.Request request -> request(call, head, era, request, body);
      case RpcMessage.Notification notification -> notification(call, era, notification, body);
      case RpcMessage.Result result -> response(call, result.id(), message, body);
      case RpcMessage.Failure failure -> response(call, failure.id(), message, body);
    }
  }

  /** Of two eras the operator may want one; each has its own way of saying so to the other. */
  private static void refuseOtherEra(Call call, Era era, RpcMessage message) {
    Eras spoken = call.hasRoute() ? call.route().server().messages().eras() : Eras.ANY;
    if (spoken == Eras.LEGACY && era.modern()) {
      throw RefusedException.of(Reason.ERA_NOT_SERVED);
    }
    if (spoken == Eras.MODERN
        && !era.modern()
        && message instanceof RpcMessage.Request(var id, var method, var params, var document)) {
      JsonValue asked = params == null ? null : params.member("protocolVersion");
      throw EraSelector.modernOnly(
          asked != null && asked.kind() == JsonKind.STRING ? asked.text() : null);
    }
  }

  private static RefusedException unread(Call call, RpcRefusedException refused) {
    Reason reason = refused.code() == -32700 ? Reason.PARSE_ERROR : Reason.INVALID_REQUEST;
    RpcId id = refused.id();
    call.rpcId(id);
    return RefusedException.of(reason, reason.text(), Map.of("fault", refused.reason()));
  }

  private static void refuseLossyNumbers(RpcMessage message) {
    if (message.document().hasLossyNumber()) {
      throw RefusedException.of(
          Reason.NUMBER_NOT_EXACT,
          Reason.NUMBER_NOT_EXACT.text(),
          Map.of("offset", message.document().lossyNumberOffset()));
    }
  }

  /**
   * An agent that puts its token into an argument or a header would hand it to the server. On
   * record is that it was tried, and of the message nothing that could hold the credential.
   */
  private static void refuseOwnCredential(
      Call call, RequestHead head, @Nullable CredentialScan own, BodyReading.Message reading) {
    if (own == null) {
      return;
    }
    if (!reading.holdsCredential()
        && !head.anyValueBut("authorization", own::finds)
        && !encodedMirrors(head, own)) {
      return;
    }
    switch (reading.message()) {
      case RpcMessage.Request request -> {
        boolean clean = !own.finds(request.id().json());
        call.rpcId(clean ? request.id() : null);
        nameOnly(call, request.method(), request.params(), clean ? request.id() : null);
      }
      case RpcMessage.Notification note -> nameOnly(call, note.method(), note.params(), null);
      case RpcMessage.Result result -> {}
      case RpcMessage.Failure failure -> {}
    }
    throw RefusedException.of(Reason.CREDENTIAL_IN_MESSAGE);
  }

  private static void nameOnly(
      Call call, String name, @Nullable JsonValue params, @Nullable RpcId id) {
    Era era = RequestMeta.claimsModern(params) ? Era.MODERN : Era.LEGACY;
    McpMethod method = McpMethod.of(name, era);
    if (method != null) {
      call.message(bare(era, method, id));
    }
  }

  /** What cannot be decoded hides nothing that a server could decode. */
  private static String decoded(String mirror) {
    try {
      return HeaderAgreement.decode(mirror);
    } catch (RefusedException malformed) {
      return "";
    }
  }

  private static boolean encodedMirrors(RequestHead head, CredentialScan own) {
    for (Header mirror : head.headersStartingWith("mcp-param-")) {
      if (own.finds(decoded(mirror.value()))) {
        return true;
      }
    }
    return false;
  }

  private static void request(
      Call call, RequestHead head, Era era, RpcMessage.Request request, byte[] body) {
    McpMethod method = McpMethod.of(request.method(), era);
    RequestMeta meta = RequestMeta.of(request.params());
    if (era.modern()) {
      call.modernEra();
      EraSelector.checkClaim(meta, head.header("mcp-protocol-version"));
    }
    if (method == null) {
      throw RefusedException.of(Reason.METHOD_NOT_SERVED);
    }
    if (method == McpMethod.INITIALIZE && body.length > INITIALIZE_BYTES_MAX) {
      throw RefusedException.of(
          Reason.BODY_TOO_LARGE, "initialize may have " + INITIALIZE_BYTES_MAX + " bytes");
    }
    JsonValue params = request.params();
    Target target = Target.of(method, params);
    McpMessage message =
        new McpMessage(
            era,
            method,
            request.id(),
            params,
            target.kind(),
            target.name(),
            arguments(params),
            meta,
            body);
    if (era.modern()) {
      HeaderAgreement.check(
          message,
          head.header("mcp-protocol-version"),
          head.header("mcp-method"),
          head.header("mcp-name"));
      checkParamHeaders(call, head, message);
    }
    call.message(message);
  }

  /**
   * Whoever has listed the tools knows, as the gateway then does, what has to be mirrored. Where
   * several servers are behind a path this is checked on the way to the tool's own.
   */
  private static void checkParamHeaders(Call call, RequestHead head, McpMessage message) {
    String tool = message.targetName();
    // What comes over a pipe has no headers, and no one on its way who could read others than ours.
    boolean piped = call.snapshot().settings().identity().localUser() != null;
    if (call.hasRoute() && message.method() == McpMethod.TOOLS_CALL && tool != null && !piped) {
      ParamHeaders.check(
          call.snapshot().toolSchemas(call.route().server().name()).of(call.caller().key(), tool),
          message.arguments(),
          head::header);
    }
  }

  private void notification(Call call, Era era, RpcMessage.Notification notification, byte[] body) {
    McpMethod method = McpMethod.of(notification.method(), era);
    if (method == null || !method.isNotification()) {
      meters.dropped();
      throw new SettledException(Answer.empty(202));
    }
    call.message(
        new McpMessage(
            era,
            method,
            null,
            notification.params(),
            method.kind(),
            method == McpMethod.ROOTS_CHANGED ? InputTarget.ROOTS.name() : null,
            null,
            RequestMeta.NONE,
            body));
  }

  private static @Nullable JsonValue arguments(@Nullable JsonValue params) {
    JsonValue arguments = params == null ? null : params.member("arguments");
    if (arguments != null && arguments.kind() != JsonKind.OBJECT) {
      throw RefusedException.of(Reason.PARAMS_INVALID, "params.arguments must be an object");
    }
    return arguments;
  }

  /** What it answers is known when its session is; its params are all of it. */
  private static void response(Call call, @Nullable RpcId id, RpcMessage response, byte[] body) {
    call.message(
        new McpMessage(
            Era.LEGACY,
            McpMethod.RESPONSE,
            id,
            response.document().root(),
            TargetKind.SERVER,
            null,
            null,
            RequestMeta.NONE,
            body));
  }

  /** An answer of ours that is a JSON-RPC result. */
  static Answer result(String idJson, String resultJson) {
    String body = "{\"jsonrpc\":\"2.0\",\"id\":" + idJson + ",\"result\":" + resultJson + "}";
    return new Answer(
        200,
        List.of(new Header("content-type", "application/json")),
        body.getBytes(StandardCharsets.UTF_8));
  }
}
