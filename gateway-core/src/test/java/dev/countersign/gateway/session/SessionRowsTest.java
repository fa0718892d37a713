// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.input.InputQuestion;
import dev.countersign.gateway.input.InputRules;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What one session keeps of questions, tasks, pages and streams: found once, and bounded. */
final class SessionRowsTest {
  private static final InputQuestion ROOTS =
      InputQuestion.of("roots/list", null, InputRules.DEFAULTS);

  private static OpenQuestion question(String id, @Nullable String token) {
    return new OpenQuestion(
        new RpcId.Text(id),
        new RpcId.Number(1),
        ROOTS,
        "call",
        token,
        new OpenQuestion.Asker() {
          @Override
          public void answered() {}

          @Override
          public void waitsOn() {}

          @Override
          public void unanswered(String why) {}
        });
  }

  @Test
  void questionIsTakenOnceHoweverManyAnswerIt() throws Exception {
    OpenQuestions open = new OpenQuestions();
    AtomicInteger taken = new AtomicInteger();
    for (int round = 0; round < 200; round++) {
      assertThat(open.add(question("q", null), 1)).isTrue();
      try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
        for (int i = 0; i < 4; i++) {
          threads.execute(
              () -> {
                if (open.take(new RpcId.Text("q")) != null) {
                  taken.incrementAndGet();
                }
              });
        }
      }
    }
    assertThat(taken).hasValue(200);
    assertThat(open.size()).isZero();
  }

  @Test
  void questionsAreBoundedAndAnotherIdIsNone() {
    OpenQuestions open = new OpenQuestions();
    assertThat(open.add(question("a", null), 2)).isTrue();
    assertThat(open.add(question("b", null), 2)).isTrue();
    assertThat(open.add(question("c", null), 2)).isFalse();

    assertThat(open.take(new RpcId.Text("c"))).isNull();
    assertThat(open.take(new RpcId.Number(1))).isNull();
    assertThat(open.size()).isEqualTo(2);
  }

  @Test
  void progressTokenIsTheSameJsonOrNone() {
    OpenQuestions open = new OpenQuestions();
    open.add(question("a", "5"), 2);
    open.add(question("b", null), 2);

    assertThat(open.awaitsProgress("5")).isTrue();
    assertThat(open.awaitsProgress("\"5\"")).isFalse();
    assertThat(open.awaitsProgress("null")).isFalse();
  }

  @Test
  void taskIsKeptUntilItsServerForgetsIt() {
    SessionTasks tasks = new SessionTasks();
    assertThat(tasks.add("a", "t", "call", Duration.ofSeconds(1), 0, 2)).isTrue();
    assertThat(tasks.add("b", "t", "call", null, 0, 2)).isTrue();
    assertThat(tasks.add("c", "t", "call", null, 0, 2)).isFalse();
    assertThat(tasks.find("a", 999)).isNotNull();
    assertThat(tasks.find("a", 1000)).isNull();

    assertThat(tasks.add("c", "t", "call", Duration.ofDays(365), 1000, 2)).isTrue();
    assertThat(tasks.find("c", SessionTasks.KEPT_MAX.toMillis() + 1000)).isNull();
  }

  @Test
  void taskKeepsTheToolThatMadeIt() {
    SessionTasks tasks = new SessionTasks();
    tasks.add("a", "first", "call-1", null, 0, 2);
    tasks.add("a", "second", "call-2", null, 0, 2);

    assertThat(tasks.find("a", 1)).extracting(SessionTasks.Row::tool).isEqualTo("first");
  }

  @Test
  void eldestPageAndStreamAreForgotten() {
    Elicitations pages = new Elicitations();
    ResumableStreams streams = new ResumableStreams(new AtomicInteger());
    for (int i = 0; i <= Elicitations.IDS_MAX; i++) {
      pages.add("e" + i);
      streams.add("c" + i, new NoStream());
    }

    assertThat(pages.has("e0")).isFalse();
    assertThat(pages.has("e1")).isTrue();
    assertThat(streams.find("c0")).isNull();
    assertThat(streams.find("c" + Elicitations.IDS_MAX)).isNotNull();
    streams.remove("c" + Elicitations.IDS_MAX);
    assertThat(streams.find("c" + Elicitations.IDS_MAX)).isNull();
  }

  @Test
  void sessionsOfOneCallerShareTheRoomForStreams() {
    AtomicInteger ofCaller = new AtomicInteger();
    int perSession = ResumableStreams.STREAMS_MAX;
    List<ResumableStreams> full = new ArrayList<>();
    for (int i = 0; i < ResumableStreams.PER_CALLER_MAX / perSession; i++) {
      ResumableStreams streams = new ResumableStreams(ofCaller);
      for (int j = 0; j < perSession; j++) {
        assertThat(streams.add("c" + j, new NoStream())).isTrue();
      }
      full.add(streams);
    }
    ResumableStreams late = new ResumableStreams(ofCaller);
    assertThat(late.add("late", new NoStream())).isFalse();
    assertThat(full.getFirst().add("newest", new NoStream())).isTrue();
    assertThat(full.getFirst().find("c0")).isNull();
    assertThat(ofCaller).hasValue(ResumableStreams.PER_CALLER_MAX);

    full.getFirst().end();
    assertThat(full.getFirst().add("after its end", new NoStream())).isFalse();
    assertThat(late.add("late", new NoStream())).isTrue();
    full.forEach(ResumableStreams::end);
    late.end();
    assertThat(ofCaller).hasValue(0);
  }

  private static final class NoStream implements ResumableStream {
    @Override
    public @Nullable RpcId request() {
      return null;
    }

    @Override
    public boolean ownsProgress(@Nullable JsonValue token) {
      return false;
    }

    @Override
    public CompletableFuture<Optional<byte[]>> answer(
        byte[] bytes, RpcMessage message, @Nullable String digest) {
      return CompletableFuture.completedFuture(Optional.of(bytes));
    }
  }
}
