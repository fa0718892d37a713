// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import static dev.countersign.gateway.work.WorkObserver.Refused.NEW;
import static dev.countersign.gateway.work.WorkObserver.Refused.UNDER_WAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.work.WorkObserver.Refused;
import dev.countersign.identity.CallerKey;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FairQueueTest {
  private static final CallerKey ALICE = caller("alice");
  private static final CallerKey BOB = caller("bob");
  private static final CallerKey CAROL = caller("carol");

  private final FairQueue queue = new FairQueue(8, 8);
  private final List<String> worked = new ArrayList<>();

  @Test
  void callersTakeTurns() {
    for (String name : List.of("a1", "a2", "a3")) {
      add(NEW, ALICE, name);
    }
    add(NEW, BOB, "b1");
    add(NEW, BOB, "b2");
    add(UNDER_WAY, CAROL, "c1");

    workAll();

    assertThat(worked).containsExactly("a1", "b1", "c1", "a2", "b2", "a3");
  }

  @Test
  void callerThatComesAgainWaitsForTheOthersTurns() {
    add(NEW, ALICE, "a1");
    add(NEW, BOB, "b1");
    queue.take().run();
    add(NEW, ALICE, "a2");

    workAll();

    assertThat(worked).containsExactly("a1", "b1", "a2");
  }

  @Test
  void inItsCallersTurnWhatIsUnderWayGoesFirst() {
    add(NEW, ALICE, "a-new");
    add(UNDER_WAY, ALICE, "a-reply");
    add(NEW, BOB, "b-new");

    workAll();

    assertThat(worked).containsExactly("a-reply", "b-new", "a-new");
  }

  @ParameterizedTest
  @EnumSource
  void callerAloneGetsHalfOfTheRoomAndWhoeverComesNextFindsSome(Refused kind) {
    assertThat(fill(kind, ALICE)).isEqualTo(4);
    assertThat(fill(kind, BOB)).isEqualTo(2);
    assertThat(fill(kind, CAROL)).isEqualTo(1);
    assertThat(queue.size()).isEqualTo(7);
  }

  @ParameterizedTest
  @EnumSource
  void twoWhoWantAllOfTheRoomAtOnceGetTheSame(Refused kind) {
    int alices = 0;
    int bobs = 0;
    for (int i = 0; i < 8; i++) {
      alices += add(kind, ALICE, "a") ? 1 : 0;
      bobs += add(kind, BOB, "b") ? 1 : 0;
    }

    assertThat(List.of(alices, bobs)).containsExactly(3, 3);
  }

  @Test
  void newMessagesTakeNoneOfTheRoomOfCallsUnderWay() {
    for (String name : List.of("alice", "bob", "carol", "dave", "eve", "frank")) {
      fill(NEW, caller(name));
    }

    assertThat(fill(UNDER_WAY, ALICE)).isEqualTo(4);
  }

  @Test
  void roomThatIsGivenBackIsThere() {
    fill(NEW, ALICE);
    queue.take().run();

    assertThat(add(NEW, ALICE, "again")).isTrue();
    assertThat(add(NEW, ALICE, "one more")).isFalse();
  }

  @Test
  void callerThatGotNoRoomIsNotKept() {
    FairQueue none = new FairQueue(0, 0);

    assertThat(none.add(NEW, ALICE, () -> {})).isFalse();
    assertThat(none.size()).isZero();
    assertThatThrownBy(none::take).isInstanceOf(NoSuchElementException.class);
  }

  private int fill(Refused kind, CallerKey caller) {
    int added = 0;
    while (add(kind, caller, caller.subject())) {
      added++;
    }
    return added;
  }

  private boolean add(Refused kind, CallerKey caller, String name) {
    return queue.add(kind, caller, () -> worked.add(name));
  }

  private void workAll() {
    while (queue.size() > 0) {
      queue.take().run();
    }
  }

  private static CallerKey caller(String subject) {
    return new CallerKey("oidc", "https://idp.example", subject, null);
  }
}
