// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import dev.countersign.gateway.work.WorkObserver.Refused;
import dev.countersign.identity.CallerKey;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * What waits for a thread: callers take turns, one message each, so that nobody waits behind all
 * that another has brought. In a caller's turn what is under way goes first.
 *
 * <p>New messages and those under way have room of their own. Of either a caller may have no more
 * waiting than there is room left: one caller alone gets half of the room, each of {@code n} who
 * want all of it an (n+1)th part, and whoever comes next finds some.
 *
 * <p>Any thread.
 */
final class FairQueue {
  private final int newMax;
  private final int underWayMax;
  private final LinkedHashMap<CallerKey, Turn> turns = new LinkedHashMap<>();
  private int waitingNew;
  private int waitingUnderWay;

  /** What waits of one caller. */
  private record Turn(ArrayDeque<Runnable> underWay, ArrayDeque<Runnable> fresh) {
    Turn() {
      this(new ArrayDeque<>(1), new ArrayDeque<>(1));
    }
  }

  /**
   * @param newMax room for messages that nothing has been done about yet
   * @param underWayMax room for what calls need that have gone on from there
   */
  FairQueue(int newMax, int underWayMax) {
    this.newMax = newMax;
    this.underWayMax = underWayMax;
  }

  /** Adds one at the end of what waits of its caller; false when the caller has had its share. */
  synchronized boolean add(Refused kind, CallerKey caller, Runnable work) {
    Turn turn = turns.computeIfAbsent(caller, key -> new Turn());
    switch (kind) {
      case NEW -> {
        if (turn.fresh.size() >= newMax - waitingNew) {
          return leave(caller, turn);
        }
        turn.fresh.add(work);
        waitingNew++;
      }
      case UNDER_WAY -> {
        if (turn.underWay.size() >= underWayMax - waitingUnderWay) {
          return leave(caller, turn);
        }
        turn.underWay.add(work);
        waitingUnderWay++;
      }
    }
    return true;
  }

  private boolean leave(CallerKey caller, Turn turn) {
    if (turn.underWay.isEmpty() && turn.fresh.isEmpty()) {
      turns.remove(caller);
    }
    return false;
  }

  /**
   * Takes out one of the caller whose turn it is.
   *
   * @throws NoSuchElementException when nothing waits
   */
  synchronized Runnable take() {
    Map.Entry<CallerKey, Turn> next = turns.pollFirstEntry();
    if (next == null) {
      throw new NoSuchElementException("nothing waits");
    }
    Turn turn = next.getValue();
    Runnable work = turn.underWay.poll();
    if (work != null) {
      waitingUnderWay--;
    } else {
      work = turn.fresh.remove();
      waitingNew--;
    }
    if (!turn.underWay.isEmpty() || !turn.fresh.isEmpty()) {
      turns.put(next.getKey(), turn);
    }
    return work;
  }

  /** How many wait. */
  synchronized int size() {
    return waitingNew + waitingUnderWay;
  }
}
