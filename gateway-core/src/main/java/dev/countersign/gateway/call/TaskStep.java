// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.Rewrite;
import dev.countersign.gateway.rounds.RequestState;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.task.Task;
import dev.countersign.gateway.task.TaskTable;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Modern tasks (extension {@code io.modelcontextprotocol/tasks}): a result that is a task makes the
 * caller its owner, and whoever is not finds no such task. What is done with a task is decided as a
 * target of its own, named by its tool.
 */
final class TaskStep {
  private static final int ID_CHARS_MAX = 1024;

  private final TaskTable tasks;
  private final DecisionStep decisions;
  private final InputRequired inputs;

  TaskStep(TaskTable tasks, DecisionStep decisions, InputRequired inputs) {
    this.tasks = tasks;
    this.decisions = decisions;
    this.inputs = inputs;
  }

  /** Whether a method looks after a task. */
  static boolean isAbout(McpMethod method) {
    return method.kind() == TargetKind.TASK;
  }

  /**
   * Finds the task that a modern call is about, and puts its tool in the place of its id.
   *
   * @throws RefusedException alike for a task that never was, is over, or is somebody else's
   */
  void bind(Call call) {
    if (!call.modern() || !isAbout(call.message().method())) {
      return;
    }
    String id = String.valueOf(call.message().targetName());
    Task task = tasks.find(call.route().server().name(), id, call.caller().key());
    if (task == null) {
      throw RefusedException.of(Reason.TARGET_UNKNOWN, "Unknown task");
    }
    call.follows(new CallOrigin(Trigger.TASK, 0, task.call()));
    call.task(task);
    if (call.message().method() == McpMethod.TASKS_UPDATE) {
      answer(call, task);
    }
  }

  /** Only answers to what was asked go out, and ours to what was not shown. */
  private static void answer(Call call, Task task) {
    JsonValue params = call.message().params();
    JsonValue given = params == null ? null : params.member("inputResponses");
    if (given == null || given.kind() != JsonKind.OBJECT) {
      throw RefusedException.of(Reason.PARAMS_INVALID, "params.inputResponses must be an object");
    }
    String answers =
        RetryStep.answers(
            task.asked(), task.declined(), given, call.route().server().messages().input());
    call.edits().replace(given.start(), given.end(), answers.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether the server may be told that this call may become a task. */
  CompletableFuture<Boolean> mayDeclare(Call call) {
    McpMethod method = call.message().method();
    String name = call.message().targetName();
    JsonValue declared = call.message().meta().capabilities();
    JsonValue extensions = declared == null ? null : declared.member("extensions");
    JsonValue extension = extensions == null ? null : extensions.member(Rewrite.TASKS);
    boolean federated = call.exposedName() != null;
    if (extension == null || extension.kind() != JsonKind.OBJECT || federated) {
      // Ids of tasks do not say whose server's they are, so none is begun among several.
      return CompletableFuture.completedFuture(false);
    }
    return method == McpMethod.TOOLS_CALL && name != null
        ? decisions.visible(call, TargetKind.TASK, name)
        : CompletableFuture.completedFuture(isAbout(method) || method == McpMethod.LISTEN);
  }

  /** Whether a task is the caller's, still, and policy lets it hear what becomes of it. */
  CompletableFuture<Boolean> mayFollow(Call call, Snapshot snapshot, Trigger trigger, String id) {
    Task task = tasks.find(call.route().server().name(), id, call.caller().key());
    return task == null
        ? CompletableFuture.completedFuture(false)
        : decisions.mayFollow(call, snapshot, trigger, task.tool());
  }

  /**
   * Makes the caller the owner of the task that its call was answered with.
   *
   * @throws RefusedException when the answer may not be a task
   */
  byte[] created(Call call, byte[] bytes, JsonValue result) {
    String tool = call.message().targetName();
    if (!call.terms().mayBecomeTask()
        || tool == null
        || call.message().method() != McpMethod.TOOLS_CALL) {
      throw ResultStep.badReply("a task where none was agreed on");
    }
    TaskTable.Opened opened =
        tasks.open(
            call.route().server().name(),
            id(result),
            call.caller().key(),
            tool,
            call.firstId(),
            ttl(result.member("ttlMs")));
    return switch (opened) {
      case YES -> bytes;
      case NO_ROOM -> throw RefusedException.of(Reason.TASK_LIMIT);
      case TAKEN -> throw ResultStep.badReply("a task of somebody else's");
    };
  }

  private static String id(JsonValue result) {
    JsonValue id = result.member("taskId");
    if (id == null
        || id.kind() != JsonKind.STRING
        || id.text().isEmpty()
        || id.text().length() > ID_CHARS_MAX
        || id.text().codePoints().anyMatch(Character::isISOControl)) {
      throw ResultStep.badReply("a task without an id that could be asked for");
    }
    return id.text();
  }

  private static @Nullable Duration ttl(@Nullable JsonValue millis) {
    return millis == null || millis.integer().isEmpty()
        ? null
        : Duration.ofMillis(Math.max(0, millis.integer().getAsLong()));
  }

  /** A task as its owner asked for it, without the questions that may not be asked. */
  CompletableFuture<byte[]> state(Call call, byte[] bytes, JsonValue result, Task task) {
    if (!id(result).equals(task.id())) {
      throw ResultStep.badReply("another task than the one asked for");
    }
    BodyEdit edit = new BodyEdit(bytes);
    JsonValue type = result.member("resultType");
    if (type != null) {
      edit.replace(type.start(), type.end(), "\"complete\"".getBytes(StandardCharsets.US_ASCII));
    }
    JsonValue requests = result.member("inputRequests");
    return requests == null
        ? CompletableFuture.completedFuture(edit.bytes())
        : inputs
            .decide(call, requests, edit)
            .thenApply(decided -> shown(task, requests, edit, decided));
  }

  private static byte[] shown(
      Task task, JsonValue requests, BodyEdit edit, InputRequired.Decided decided) {
    boolean kept = true;
    for (RequestState.Asked asked : decided.asked()) {
      kept &= task.ask(asked);
    }
    for (RequestState.Declined declined : decided.declined()) {
      kept &= task.decline(declined);
    }
    if (!kept) {
      throw ResultStep.badReply("more questions of a task than can be remembered");
    }
    if (decided.asked().isEmpty() && !decided.declined().isEmpty()) {
      // Nobody would answer in the client's place before the client does.
      throw RefusedException.of(Reason.INPUT_REQUEST_REFUSED);
    }
    return edit.remove(requests, decided.unasked()).bytes();
  }
}
