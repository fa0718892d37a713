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
    boolean right =
        JsonBeginning.id(body, length) == id
            && JsonBeginning.isResult(body, length) != asked.refused()
            && (asked.refused() || status == 200);
    driver.answered(this, id, intendedNanos, asked.refused(), right);
  }

  /** The connection broke. */
  final void lost() {
    boolean under = kind != null;
    kind = null;
    driver.lost(this, under);
  }
}
