// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.Rewrite;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTasks;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Tasks of 2025-11-25. A call becomes one where its task is granted beside its tool, else it runs
 * plainly; the session that made a task is the only one that knows it, and what is done with it is
 * decided as a target of its own, named by the tool.
 */
final class SessionTaskStep {
  /** The one revision of the legacy era that has tasks. */
  private static final String REVISION = "2025-11-25";

  private static final int ID_CHARS_MAX = 1024;

  private final DecisionStep decisions;
  private final InstantSource clock;

  SessionTaskStep(DecisionStep decisions, InstantSource clock) {
    this.decisions = decisions;
    this.clock = clock;
  }

  /**
   * Finds the task that a call is about, and puts its tool in the place of its id.
   *
   * @throws RefusedException alike for a task that never was, is over, or is another session's
   */
  void bind(Call call, BoundSession session) {
    McpMessage message = call.message();
    if (message.method() == McpMethod.TASKS_LIST && !session.version().equals(REVISION)) {
      throw RefusedException.of(Reason.METHOD_NOT_SERVED);
    }
    if (message.method().kind() != TargetKind.TASK) {
      return;
    }
    SessionTasks.Row task =
        session.tasks().find(String.valueOf(message.targetName()), clock.millis());
    if (task == null) {
      throw RefusedException.of(Reason.TARGET_UNKNOWN, "Unknown task");
    }
    call.follows(new CallOrigin(Trigger.TASK, 0, task.callId()));
    call.message(
        new McpMessage(
            message.era(),
            message.method(),
            message.id(),
            message.params(),
            TargetKind.TASK,
            task.tool(),
            null,
            message.meta(),
            message.body()));
  }

  /** Completes when the call knows whether it may become a task. */
  CompletableFuture<Void> cut(Call call) {
    JsonValue task = asked(call);
    BoundSession session = call.session();
    if (task == null || session == null) {
      return CompletableFuture.completedFuture(null);
    }
    if (task.kind() != JsonKind.OBJECT) {
      throw RefusedException.of(Reason.PARAMS_INVALID, "params.task must be an object");
    }
    if (!session.version().equals(REVISION) || call.exposedName() != null) {
      // Ids of tasks do not say whose server's they are, so none is begun among several.
      return CompletableFuture.completedFuture(null);
    }
    return decisions
        .mayBeTask(call, String.valueOf(call.message().targetName()))
        .thenAccept(call.terms()::mayBeTask);
  }

  /** {@code params.task} of a legacy call of a tool, or null. */
  static @Nullable JsonValue asked(Call call) {
    McpMessage message = call.message();
    JsonValue params = message.params();
    return message.method() == McpMethod.TOOLS_CALL && !call.modern() && params != null
        ? params.member("task")
        : null;
  }

  /**
   * Keeps the task that a call became.
   *
   * @throws RefusedException when nobody asked for one, or as many are kept as may be
   */
  void created(Call call, JsonValue result) {
    JsonValue task = result.member("task");
    if (call.modern() || call.message().method() != McpMethod.TOOLS_CALL || task == null) {
      return;
    }
    JsonValue id = task.member("taskId");
    if (!call.terms().mayBeTask()
        || id == null
        || id.kind() != JsonKind.STRING
        || id.text().isEmpty()
        || id.text().length() > ID_CHARS_MAX) {
      throw ResultStep.badReply("a task that nobody asked for, or without an id");
    }
    BoundSession session = Objects.requireNonNull(call.session(), "tasks are of a session");
    JsonValue ttl = task.member("ttl");
    OptionalLong millis = ttl == null ? OptionalLong.empty() : ttl.integer();
    Duration kept =
        millis.isPresent() && millis.getAsLong() >= 0
            ? Duration.ofMillis(millis.getAsLong())
            : null;
    String tool = String.valueOf(call.message().targetName());
    if (!session
        .tasks()
        .add(
            id.text(),
            tool,
            call.id(),
            kept,
            clock.millis(),
            call.limits().perSession().tasksMax())) {
      throw RefusedException.of(Reason.TASK_LIMIT);
    }
  }

  /** A list of tasks without those of other sessions. */
  byte[] list(Call call, byte[] bytes, JsonValue result) {
    JsonValue entries = result.member("tasks");
    if (entries == null || entries.kind() != JsonKind.ARRAY) {
      throw ResultStep.badReply("the list is missing");
    }
    return Rewrite.list(
        bytes, result, entries, entry -> owns(call, entry), call.terms().cursors(), -1);
  }

  /** Whether what names a task names one of the call's session. */
  boolean owns(Call call, @Nullable JsonValue names) {
    JsonValue id = names == null ? null : names.member("taskId");
    BoundSession session = call.session();
    return session != null
        && id != null
        && id.kind() == JsonKind.STRING
        && session.tasks().find(id.text(), clock.millis()) != null;
  }
}
