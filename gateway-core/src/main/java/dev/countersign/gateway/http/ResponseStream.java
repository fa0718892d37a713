// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import dev.countersign.gateway.sse.SseMark;

/**
 * An answer that is a stream of events (WHATWG HTML, "Server-sent events"). Each is sent at once,
 * and ignored when the stream has ended or the client is gone. Confined to the event loop of its
 * exchange.
 *
 * <p>Back-pressure: {@link #writable} turns false when the client reads slower than events are
 * sent; the writer should then stop its source until the task given to {@link #onWritable} runs.
 */
public interface ResponseStream {
  /**
   * Sends one JSON-RPC message.
   *
   * @param mark what stands beside it
   * @param json not changed after it was handed over
   */
  void message(SseMark mark, byte[] json);

  /**
   * Says where its client is to post, the first event of a stream of 2024-11-05. Nothing, unless
   * the stream goes to a client over HTTP.
   *
   * @param uri visible ASCII
   */
  default void endpoint(String uri) {}

  /** Says where the stream is to go on when it breaks, or when. */
  void mark(SseMark mark);

  /** Says nothing, so that whoever looks after the connection sees that it is in use. */
  void keepAlive();

  /** Ends the stream. */
  void end();

  /** Breaks it off, so that the client cannot take what it has for the whole. */
  void abort();

  /** Whether the client keeps up. */
  boolean writable();

  /** Sets the task that runs each time the client has caught up again. */
  void onWritable(Runnable task);
}
