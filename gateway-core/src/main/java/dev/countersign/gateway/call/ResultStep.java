// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.ModernErrors;
import dev.countersign.gateway.mcp.ResourceUri;
import dev.countersign.gateway.mcp.Rewrite;
import dev.countersign.gateway.task.Task;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.work.WorkPool;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a server's final answer: entries that the caller may not see leave lists,
 * capabilities that are not served leave the server's facts, and questions to the client that
 * policy does not permit are withheld.
 */
final class ResultStep {
  /** Clients may go by an answer so long after the settings have changed. */
  private static final Duration KEPT_MAX = Duration.ofMinutes(5);

  private final Call call;
  private final DecisionStep decisions;
  private final InputRequired inputs;
  private final SessionTaskStep sessionTasks;
  private final TaskStep tasks;
  private final Outcome outcome;
  private final ListFilter lists;
  private final WorkPool work;

  ResultStep(
      Call call,
      DecisionStep decisions,
      InputRequired inputs,
      SessionTaskStep sessionTasks,
      TaskStep tasks,
      Outcome outcome,
      Meters meters,
      WorkPool work) {
    this.call = call;
    this.decisions = decisions;
    this.inputs = inputs;
    this.sessionTasks = sessionTasks;
    this.tasks = tasks;
    this.outcome = outcome;
    this.lists = new ListFilter(call, decisions, meters, work);
    this.work = work;
  }

  /** The bytes that the client gets; fails with a refusal when it may get none of it. */
  CompletableFuture<byte[]> judge(ReplyMessages.Judged.Final answer) {
    byte[] bytes = answer.bytes();
    return switch (answer.message()) {
      case RpcMessage.Result result -> result(bytes, result.result(), answer.digest());
      case RpcMessage.Failure failure -> {
        outcome.error(failure.code());
        if (failure.code() == NeededPages.CODE && !call.modern()) {
          yield new NeededPages(call, decisions).judge(failure).thenApply(granted -> bytes);
        }
        yield CompletableFuture.completedFuture(failure(bytes, failure));
      }
      case RpcMessage.Request request -> throw badReply("a request in the place of an answer");
      case RpcMessage.Notification note ->
          throw badReply("a notification in the place of an answer");
    };
  }

  private byte[] failure(byte[] bytes, RpcMessage.Failure failure) {
    if (failure.code() == ModernErrors.LEGACY_INPUT_NEEDED || tookAway(failure)) {
      throw RefusedException.of(Reason.INPUT_REQUEST_REFUSED);
    }
    return call.modern() && failure.code() == ModernErrors.LEGACY_RESOURCE_UNKNOWN
        ? ModernErrors.withCode(bytes, failure.document().root(), ModernErrors.INVALID_PARAMS)
        : bytes;
  }

  /** Whether the server misses what the client has declared and the gateway did not pass on. */
  private boolean tookAway(RpcMessage.Failure failure) {
    return failure.code() == ModernErrors.MISSING_CAPABILITY
        && (!call.modern()
            || ModernErrors.missesDeclared(
                failure.document().root(), call.message().meta().capabilities()));
  }

  private boolean instructions() {
    return call.route().server().messages().instructions();
  }

  /** Not longer than the credential is good, nor than settings may take to be noticed. */
  private long keptMillisMax() {
    Instant now = Instant.now();
    Instant expiry = call.caller().expiresAt();
    return expiry.isAfter(now.plus(KEPT_MAX))
        ? KEPT_MAX.toMillis()
        : Math.max(0, Duration.between(now, expiry).toMillis());
  }

  private CompletableFuture<byte[]> result(
      byte[] bytes, JsonValue result, @Nullable String digest) {
    McpMessage message = call.message();
    if (result.kind() != JsonKind.OBJECT) {
      throw badReply("the result is not an object");
    }
    outcome.result(digest, isTrue(result.member("isError")));
    if (message.era().modern()) {
      String type = resultType(result);
      if (type.equals("input_required")) {
        return inputs.judge(call, bytes, result);
      }
      Task task = call.task();
      if (type.equals("task") && task == null) {
        return CompletableFuture.completedFuture(tasks.created(call, bytes, result));
      }
      if (task != null && message.method() == McpMethod.TASKS_GET) {
        return tasks.state(call, bytes, result, task);
      }
      if (!type.equals("complete")) {
        throw badReply("a result type that was not agreed on");
      }
    }
    McpMethod.Listing listing = message.method().listing();
    if (listing != null) {
      return lists.filter(bytes, result, listing, call.modern() ? keptMillisMax() : -1);
    }
    return switch (message.method()) {
      case INITIALIZE ->
          CompletableFuture.completedFuture(Rewrite.initialized(bytes, result, instructions()));
      case DISCOVER ->
          CompletableFuture.completedFuture(
              Rewrite.discovered(bytes, result, instructions(), keptMillisMax()));
      case RESOURCES_READ -> read(bytes, result);
      case TASKS_LIST -> CompletableFuture.completedFuture(sessionTasks.list(call, bytes, result));
      case TOOLS_CALL -> {
        sessionTasks.created(call, result);
        yield CompletableFuture.completedFuture(bytes);
      }
      case SUBSCRIBE -> {
        subscriptions().add(String.valueOf(message.targetName()));
        yield CompletableFuture.completedFuture(bytes);
      }
      case UNSUBSCRIBE -> {
        subscriptions().remove(String.valueOf(message.targetName()));
        yield CompletableFuture.completedFuture(bytes);
      }
      default -> CompletableFuture.completedFuture(bytes);
    };
  }

  private Set<String> subscriptions() {
    return Objects.requireNonNull(call.session(), "legacy methods have a session").subscriptions();
  }

  private static String resultType(JsonValue result) {
    JsonValue type = result.member("resultType");
    if (type == null) {
      return "complete";
    }
    return type.kind() == JsonKind.STRING ? type.text() : "";
  }

  /** A read may answer with more than was asked for, a folder's files for instance. */
  private CompletableFuture<Void> permitted(List<String> others) {
    return Slices.of(
        call.exchange().loop(),
        others.size(),
        i -> decisions.readable(call, others.get(i)).thenAccept(ResultStep::requirePermit));
  }

  private static List<String> others(JsonValue result, @Nullable String asked) {
    JsonValue contents = result.member("contents");
    if (contents == null || contents.kind() != JsonKind.ARRAY) {
      throw badReply("the contents are missing");
    }
    List<String> others = new ArrayList<>();
    for (JsonValue content : contents.elements()) {
      JsonValue uri = content.kind() == JsonKind.OBJECT ? content.member("uri") : null;
      if (uri == null || uri.kind() != JsonKind.STRING) {
        throw badReply("contents without a URI");
      }
      if (!uri.text().equals(asked)) {
        requirePermit(ResourceUri.isNormal(uri.text()));
        others.add(uri.text());
      }
    }
    return others;
  }

  private CompletableFuture<byte[]> read(byte[] bytes, JsonValue result) {
    String asked = call.message().targetName();
    long keptMillisMax = keptMillisMax();
    return beside(bytes, () -> others(result, asked))
        .thenCompose(this::permitted)
        .thenCompose(
            permitted ->
                call.modern()
                    ? beside(bytes, () -> Rewrite.readResult(bytes, result, keptMillisMax))
                    : CompletableFuture.completedFuture(bytes));
  }

  /** What takes as long as an answer is large must not hold up the other calls of the loop. */
  private <T> CompletableFuture<T> beside(byte[] bytes, Supplier<T> task) {
    return work.forUnderWay(call.caller().key(), bytes.length, call.exchange().loop(), task);
  }

  private static void requirePermit(boolean permitted) {
    if (!permitted) {
      throw RefusedException.of(Reason.POLICY_REFUSED);
    }
  }

  /** The revision that {@code initialize} agreed on. */
  static String agreedVersion(Call call, JsonValue result) {
    JsonValue version = result.member("protocolVersion");
    if (version == null
        || version.kind() != JsonKind.STRING
        || !Era.legacyVersions(call.route().server().httpSse()).contains(version.text())) {
      throw badReply("a protocol version that is not spoken here");
    }
    return version.text();
  }

  static RefusedException badReply(String detail) {
    return RefusedException.of(
        Reason.UPSTREAM_BAD_REPLY, Reason.UPSTREAM_BAD_REPLY.text() + ": " + detail);
  }

  private static @Nullable Boolean isTrue(@Nullable JsonValue value) {
    return value == null ? null : value.kind() == JsonKind.TRUE;
  }
}
