// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/**
 * The body of an answer that is sent piece by piece. Each piece is flushed when it is written.
 * Confined to the event loop of its exchange.
 *
 * <p>Back-pressure: {@link #writable} turns false when the client reads slower than pieces are
 * written; the writer should then stop its source until the task given to {@link #onWritable} runs.
 */
public interface ResponseStream {
  /** Sends one piece now. Ignored once the stream has ended or the client is gone. */
  void write(byte[] piece);

  /** Ends the body. */
  void end();

  /** Breaks it off, so that the client cannot take what it has for a whole answer. */
  void abort();

  /** Whether the client keeps up. */
  boolean writable();

  /** Sets the task that runs each time the client has caught up again. */
  void onWritable(Runnable task);
}
