// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.rounds.RequestState;
import dev.countersign.gateway.task.TaskTable.Opened;
import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class TaskTableTest {
  private static final CallerKey ANN = new CallerKey("oidc", "https://i", "ann", null);
  private static final CallerKey BOB = new CallerKey("oidc", "https://i", "bob", null);
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

  private Instant now = NOW;
  private final TaskTable table = new TaskTable(() -> now);

  private Opened open(String id, CallerKey owner, @Nullable Duration ttl) {
    return table.open("/a/mcp", id, owner, "tool", "call", ttl);
  }

  @Test
  void taskIsItsOwnersOnItsRouteAlone() {
    assertThat(open("t", ANN, null)).isEqualTo(Opened.YES);

    Task task = requireNonNull(table.find("/a/mcp", "t", ANN));
    assertThat(task.tool()).isEqualTo("tool");
    assertThat(task.call()).isEqualTo("call");
    assertThat(table.find("/a/mcp", "t", BOB)).isNull();
    assertThat(table.find("/b/mcp", "t", ANN)).isNull();
    assertThat(table.find("/a/mcp", "u", ANN)).isNull();
  }

  @Test
  void idThatIsTakenStaysItsOwners() {
    open("t", ANN, null);

    assertThat(open("t", BOB, null)).isEqualTo(Opened.TAKEN);
    assertThat(table.open("/a/mcp", "t", ANN, "other", "call", null)).isEqualTo(Opened.TAKEN);
    assertThat(open("t", ANN, null)).isEqualTo(Opened.YES);
    assertThat(table.size()).isEqualTo(1);
  }

  @Test
  void forgottenAfterItsTime() {
    open("short", ANN, Duration.ofSeconds(5));
    open("long", ANN, Duration.ofDays(400));
    open("ever", ANN, null);

    now = NOW.plusSeconds(5);
    assertThat(table.find("/a/mcp", "short", ANN)).isNull();
    assertThat(open("short", BOB, null)).isEqualTo(Opened.YES);
    now = NOW.plus(TaskTable.KEPT_MAX);
    table.sweep();
    assertThat(table.size()).isEqualTo(1);
  }

  @Test
  void callerHasRoomForSoManyAndAgainWhenSomeAreOver() {
    for (int i = 0; i < TaskTable.TASKS_PER_CALLER_MAX; i++) {
      assertThat(open("t" + i, ANN, Duration.ofSeconds(5))).isEqualTo(Opened.YES);
    }
    assertThat(open("more", ANN, null)).isEqualTo(Opened.NO_ROOM);
    assertThat(open("more", BOB, null)).isEqualTo(Opened.YES);

    now = NOW.plusSeconds(5);
    assertThat(open("again", ANN, null)).isEqualTo(Opened.YES);
  }

  @Test
  void questionsOfATaskAreBounded() {
    open("t", ANN, null);
    Task task = requireNonNull(table.find("/a/mcp", "t", ANN));
    for (int i = 0; i < Task.QUESTIONS_MAX; i++) {
      assertThat(task.ask(new RequestState.Asked("k" + i, "roots/list", null))).isTrue();
      assertThat(task.decline(new RequestState.Declined("k" + i, "roots/list"))).isTrue();
    }

    assertThat(task.ask(new RequestState.Asked("more", "roots/list", null))).isFalse();
    assertThat(task.ask(new RequestState.Asked("k0", "roots/list", null))).isTrue();
    assertThat(task.decline(new RequestState.Declined("more", "roots/list"))).isFalse();
    assertThat(task.asked()).hasSize(Task.QUESTIONS_MAX);
    assertThat(task.declined()).hasSize(Task.QUESTIONS_MAX);
  }
}
