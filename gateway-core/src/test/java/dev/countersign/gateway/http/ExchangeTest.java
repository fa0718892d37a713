// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Exchanges that no socket brought. */
final class ExchangeTest {
  private final EventLoops loops = new EventLoops(1);
  private final List<Answer> answers = new ArrayList<>();
  private final BufferBudget budget = new BufferBudget(() -> 1 << 20);
  private boolean draining;

  @AfterEach
  void stop() {
    loops.close();
  }

  private Exchange exchange(byte[] body, Header... headers) {
    return Exchange.of(
        new Kept(),
        loops.loops().getFirst(),
        new RequestHead(
            "POST",
            "/a/mcp",
            headers.length > 0 ? List.of(headers) : List.of(new Header("Accept", "*/*")),
            "local"),
        body,
        new BufferHold(budget, budget.share(() -> {})));
  }

  @Test
  void hasItsWholeBody() {
    Exchange exchange = exchange(new byte[] {1, 2, 3});

    assertThat(exchange.bodyWithin(3)).isTrue();
    assertThat(exchange.bodyWithin(2)).isFalse();
    assertThat(exchange.body(3).join()).containsExactly(1, 2, 3);
    assertThat(exchange.head().header("accept")).isEqualTo("*/*");
  }

  @Test
  void letsGoOfAllHeadersButOne() {
    Exchange exchange =
        exchange(
            new byte[0],
            new Header("Authorization", "Bearer secret"),
            new Header("Origin", "https://page.example"),
            new Header("mcp-session-id", "s"));

    exchange.keepOnly("origin");

    assertThat(exchange.head().headersStartingWith(""))
        .containsExactly(new Header("origin", "https://page.example"));
    assertThat(exchange.head().method()).isEqualTo("POST");
    assertThat(exchange.head().target()).isEqualTo("/a/mcp");
    assertThat(exchange.head().source()).isEqualTo("local");
  }

  @Test
  void refusesABodyOverTheReadersBound() {
    assertThatThrownBy(() -> exchange(new byte[3]).body(2).join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(BodyRefusedException.class);
  }

  @Test
  void isAnsweredOnce() {
    Exchange exchange = exchange(new byte[0]);
    exchange.answer(Answer.empty(202));
    exchange.answer(Answer.empty(500));

    assertThat(answers).extracting(Answer::status).containsExactly(202);
  }

  @Test
  void tellsOnceThatNobodyWaits() {
    Exchange exchange = exchange(new byte[0]);
    List<String> told = new ArrayList<>();
    exchange.onClosed(() -> told.add("closed"));
    exchange.clientGone();
    exchange.clientGone();
    exchange.answer(Answer.empty(200));

    assertThat(told).containsExactly("closed");
    assertThat(exchange.closed()).isTrue();
    assertThat(answers).isEmpty();
  }

  @Test
  void tellsOfTheStopOnceOrAtOnce() {
    Exchange exchange = exchange(new byte[0]);
    List<String> told = new ArrayList<>();
    exchange.onDrain(() -> told.add("later"));
    exchange.drain();
    exchange.drain();
    draining = true;
    exchange.onDrain(() -> told.add("at once"));

    assertThat(told).containsExactly("later", "at once");
  }

  private final class Kept implements Responder {
    @Override
    public void answer(Answer answer) {
      answers.add(answer);
    }

    @Override
    public ResponseStream stream(int status, List<Header> headers) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean draining() {
      return draining;
    }
  }
}
