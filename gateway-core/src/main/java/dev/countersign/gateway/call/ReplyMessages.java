// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.CancelledId;
import dev.countersign.gateway.mcp.LogLevel;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.ResourceUri;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.ResumableStream;
import dev.countersign.gateway.work.WorkPool;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Says what each message of a server is to the call it answers. */
final class ReplyMessages {
  private static final String TOOLS_CHANGED = "notifications/tools/list_changed";

  private static final Set<String> LIST_CHANGES =
      Set.of(
          TOOLS_CHANGED,
          "notifications/prompts/list_changed",
          "notifications/resources/list_changed");

  private final Call call;
  private final SessionTaskStep tasks;
  private final WorkPool work;
  private final Runnable toolsChanged;

  /**
   * @param toolsChanged told when the server says that its tools have changed
   */
  ReplyMessages(Call call, SessionTaskStep tasks, WorkPool work, Runnable toolsChanged) {
    this.call = call;
    this.tasks = tasks;
    this.toolsChanged = toolsChanged;
    this.work = work;
  }

  /**
   * One pass over a message.
   *
   * @param message what it says, or null when it is none that could be trusted
   * @param fault why not, else null
   * @param digest of an answer's bytes, else null
   */
  record Reading(
      byte[] bytes, @Nullable RpcMessage message, @Nullable String fault, @Nullable String digest) {
    static Reading of(byte[] bytes, JsonLimits limits) {
      try {
        RpcMessage message = RpcReader.readReply(bytes, limits);
        return new Reading(
            bytes,
            message,
            null,
            message instanceof RpcMessage.Result || message instanceof RpcMessage.Failure
                ? RecordStep.digest(bytes)
                : null);
      } catch (RpcRefusedException e) {
        return new Reading(bytes, null, e.reason(), null);
      }
    }
  }

  /** What becomes of a message. */
  sealed interface Judged {
    /**
     * The answer to the request.
     *
     * @param digest of an answer's bytes, else null
     */
    record Final(byte[] bytes, RpcMessage message, @Nullable String digest) implements Judged {}

    /** The answer to a request whose stream broke. */
    record Resumed(
        ResumableStream stream, byte[] bytes, RpcMessage message, @Nullable String digest)
        implements Judged {}

    /** A notification that goes on. */
    record Pass(byte[] bytes) implements Judged {}

    /** News of a resource, if the client may read that. */
    record Updated(byte[] bytes, String uri) implements Judged {}

    /** News of a task, if the client may follow that. */
    record TaskNews(byte[] bytes, String id) implements Judged {}

    /** Nothing for this client. */
    record Drop() implements Judged {}

    /** The server asks the client something. */
    record Question(RpcMessage.Request request) implements Judged {}

    /** The server takes a question back; its id, or null when it names none. */
    record TakenBack(@Nullable RpcId question) implements Judged {}
  }

  /** Parses one message; completes on the call's loop. */
  CompletableFuture<Reading> read(byte[] bytes) {
    JsonLimits limits =
        JsonLimits.DEFAULTS.with(
            Math.max(call.limits().answerBytesMax(), call.limits().eventBytesMax()),
            call.limits().depthMax(),
            Math.max(call.limits().tokensMax(), 1_000_000));
    return work.forUnderWay(
        call.caller().key(), bytes.length, call.exchange().loop(), () -> Reading.of(bytes, limits));
  }

  /**
   * Judges one message.
   *
   * @throws dev.countersign.gateway.error.RefusedException when it cannot be trusted to be what it
   *     seems; nothing after it on the same reply can be either
   */
  Judged judge(Reading reading) {
    if (reading.message() instanceof RpcMessage.Notification notification
        && notification.method().equals(TOOLS_CHANGED)) {
      toolsChanged.run();
    }
    return switch (reading.message()) {
      case null -> throw ResultStep.badReply(String.valueOf(reading.fault()));
      case RpcMessage.Result result -> answer(reading, result, result.id());
      case RpcMessage.Failure failure -> answer(reading, failure, failure.id());
      case RpcMessage.Notification notification when call.terms().listening() != null ->
          listening().judge(notification, reading.bytes());
      case RpcMessage.Notification notification -> notification(reading, notification);
      case RpcMessage.Request request -> question(request);
    };
  }

  /** What tells a legacy client to read its lists again. */
  static List<byte[]> listChanges() {
    return LIST_CHANGES.stream()
        .sorted()
        .map(
            method ->
                ("{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\"}")
                    .getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  private Listening listening() {
    return Objects.requireNonNull(call.terms().listening());
  }

  private Judged answer(Reading reading, RpcMessage message, @Nullable RpcId id) {
    if (call.message().method() == McpMethod.STREAM) {
      ResumableStream stream = resumed();
      return stream != null && id != null && id.equals(stream.request())
          ? new Judged.Resumed(stream, reading.bytes(), message, reading.digest())
          : new Judged.Drop();
    }
    RpcId asked = call.message().id();
    if (asked == null || !asked.equals(id)) {
      throw ResultStep.badReply("an answer to another request");
    }
    if (message instanceof RpcMessage.Result result
        && call.terms().listening() != null
        && !listening().isOurs(result.result())) {
      throw ResultStep.badReply("the end of another subscription");
    }
    return new Judged.Final(reading.bytes(), message, reading.digest());
  }

  private Judged notification(Reading reading, RpcMessage.Notification notification) {
    if (notification.method().equals("notifications/cancelled") && !call.modern()) {
      return new Judged.TakenBack(CancelledId.of(notification.params()));
    }
    if (notification.method().equals("notifications/resources/updated")) {
      return updated(reading, notification.params());
    }
    return passes(notification) ? new Judged.Pass(reading.bytes()) : new Judged.Drop();
  }

  /**
   * News may be of a resource below the one that was subscribed to, so that may not be compared.
   */
  private Judged updated(Reading reading, @Nullable JsonValue params) {
    JsonValue uri = params == null ? null : params.member("uri");
    BoundSession session = call.session();
    return session != null
            && !session.subscriptions().isEmpty()
            && uri != null
            && uri.kind() == JsonKind.STRING
            && ResourceUri.isNormal(uri.text())
        ? new Judged.Updated(reading.bytes(), uri.text())
        : new Judged.Drop();
  }

  private boolean passes(RpcMessage.Notification notification) {
    boolean stream = call.message().method() == McpMethod.STREAM && resumed() == null;
    return switch (notification.method()) {
      case "notifications/progress" -> ownsProgress(notification.params());
      case "notifications/tasks/status" -> tasks.owns(call, notification.params());
      case "notifications/elicitation/complete" -> wasSent(notification.params());
      case "notifications/message" ->
          (!call.modern() || call.message().meta().logging()) && mayBeSaid(notification.params());
      default -> stream && LIST_CHANGES.contains(notification.method());
    };
  }

  /** A page was left: only the session whose user was sent there hears of it. */
  private boolean wasSent(@Nullable JsonValue params) {
    JsonValue id = params == null ? null : params.member("elicitationId");
    BoundSession session = call.session();
    return session != null
        && id != null
        && id.kind() == JsonKind.STRING
        && session.elicitations().has(id.text());
  }

  /** A server may say more than it was asked for, by itself or to another of its clients. */
  private boolean mayBeSaid(@Nullable JsonValue params) {
    JsonValue level = params == null ? null : params.member("level");
    LogLevel said =
        level != null && level.kind() == JsonKind.STRING ? LogLevel.of(level.text()) : null;
    return said != null && !said.saysMoreThan(call.route().server().messages().logLevelMax());
  }

  /** Progress belongs to the request that gave its token. */
  private boolean ownsProgress(@Nullable JsonValue params) {
    JsonValue token = params == null ? null : params.member("progressToken");
    if (call.message().method() == McpMethod.STREAM) {
      ResumableStream stream = resumed();
      return stream != null && stream.ownsProgress(token);
    }
    JsonValue given = call.message().meta().progressToken();
    return given != null
        && token != null
        && given.kind() == token.kind()
        && Arrays.equals(given.raw(), token.raw());
  }

  /** A modern server must not ask on a stream at all. */
  private Judged question(RpcMessage.Request request) {
    if (call.modern()) {
      throw ResultStep.badReply("a request where only answers may come");
    }
    return new Judged.Question(request);
  }

  /** The broken stream that this GET goes on with, or null. */
  private @Nullable ResumableStream resumed() {
    Resumption resumption = call.terms().resumption();
    return resumption == null ? null : resumption.stream();
  }

  /** What a cancel notification of the client cancels, if that is still under way. */
  Optional<Runnable> cancelled() {
    BoundSession session = call.session();
    if (session == null || call.message().method() != McpMethod.CANCELLED) {
      return Optional.empty();
    }
    RpcId id = CancelledId.of(call.message().params());
    return id == null ? Optional.empty() : Optional.ofNullable(session.cancellation(id));
  }
}
