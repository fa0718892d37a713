// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import dev.countersign.bench.wire.JsonBeginning;
import org.jspecify.annotations.Nullable;

/** Room for one call at a time: a connection, or a stream of one. Confined to the event loop. */
abstract class Slot {
  private final Driver driver;
  private @Nullable CallKind kind;
  private long id;
  private long intendedNanos;

  Slot(Driver driver) {
    this.driver = driver;
  }

  /** Sends a call whose latency counts from a time. */
  final void send(CallKind next, long nextId, long intended) {
    kind = next;
    id = nextId;
    intendedNanos = intended;
    write(next, nextId);
  }

  /** Puts the request on the wire. */
  abstract void write(CallKind next, long nextId);

  /** Closes it. */
  abstract void close();

  /** The answer to the call under way, or one that nobody asked for. */
  final void answered(int status, byte[] body, int length) {
    CallKind asked = kind;
    kind = null;
    if (asked == null) {
      driver.unasked();
      return;
    }
    driver.answered(this, id, intendedNanos, verdict(asked, status, body, length));
  }

  private Verdict verdict(CallKind asked, int status, byte[] body, int length) {
    boolean turnedAway = status == 503 || status == 429;
    boolean named = JsonBeginning.id(body, length) == id;
    // A message that there was no room for was not read, so nobody knows its id.
    if (!named && !(turnedAway && JsonBeginning.isIdNull(body, length))) {
      return Verdict.WRONG;
    }
    if (turnedAway) {
      return Verdict.TURNED_AWAY;
    }
    boolean result = JsonBeginning.isResult(body, length);
    if (asked.refused()) {
      return result ? Verdict.WRONG : Verdict.REFUSED;
    }
    return result && status == 200 ? Verdict.RESULT : Verdict.WRONG;
  }

  /** The connection broke. */
  final void lost() {
    boolean under = kind != null;
    kind = null;
    driver.lost(this, under);
  }
}
