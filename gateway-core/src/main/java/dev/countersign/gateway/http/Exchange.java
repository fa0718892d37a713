// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One request and its answer. Confined to {@link #loop}. What the client speaks, if there is one,
 * is behind the {@link Responder}.
 *
 * <p>The body is not kept until {@link #body} asks for it: up to 64 KiB wait, then the connection
 * stops reading. Answering before the whole body has come closes the connection after the answer.
 */
public final class Exchange {
  private final Responder responder;
  private final Loop loop;
  private RequestHead head;
  private final RequestBody body;
  private final BufferHold hold;
  private boolean answered;
  private boolean closed;
  private List<Runnable> closedTasks = List.of();
  private List<Runnable> drainTasks = List.of();

  Exchange(Responder responder, Loop loop, RequestHead head, RequestBody body, BufferHold hold) {
    this.responder = responder;
    this.loop = loop;
    this.head = head;
    this.body = body;
    this.hold = hold;
  }

  /**
   * A request that did not come over HTTP, whose body is there. Whoever makes it calls {@link
   * #clientGone} when nobody waits for the answer any more, {@link #drain} when the gateway begins
   * to stop, and releases the hold after the answer.
   *
   * @param body not changed after it was handed over
   */
  public static Exchange of(
      Responder responder, Loop loop, RequestHead head, byte[] body, BufferHold hold) {
    return new Exchange(responder, loop, head, RequestBody.of(body, hold), hold);
  }

  /** The event loop that everything about this exchange runs on. */
  public Loop loop() {
    return loop;
  }

  /** The request's head. */
  public RequestHead head() {
    return head;
  }

  /**
   * Lets go of the request's headers, except those of one name: what stays open for hours must not
   * keep what was read once, a credential least of all.
   */
  public void keepOnly(String header) {
    head = head.withOnly(header);
  }

  /**
   * Reads the whole body; may be called once.
   *
   * @return completes on the loop; fails with {@link BodyRefusedException}
   */
  public CompletableFuture<byte[]> body(int bytesMax) {
    return body.read(bytesMax);
  }

  /**
   * Whether the body, as far as it is known, has at most this many bytes: it has arrived, or its
   * declared length says so. For answers that want to name the request's id without inviting a
   * stranger to send megabytes.
   */
  public boolean bodyWithin(int bytes) {
    return body.within(bytes);
  }

  /** Whether {@link #body} has been called. */
  public boolean bodyAsked() {
    return body.asked();
  }

  /** Lets go of the body, of which nothing is wanted any more, and of the room that it takes. */
  public void forgetBody() {
    body.forget();
  }

  /** What of this exchange is in memory. */
  public BufferHold hold() {
    return hold;
  }

  /** Sends a whole answer. A second answer, or one to a client that is gone, is ignored. */
  public void answer(Answer answer) {
    if (!answered && !closed) {
      answered = true;
      responder.answer(answer);
    }
  }

  /** Begins an answer that is sent piece by piece; its head leaves at the end of the turn. */
  public ResponseStream stream(int status, List<Header> headers) {
    if (answered) {
      throw new IllegalStateException("the exchange has been answered");
    }
    answered = true;
    return responder.stream(status, headers);
  }

  /** Whether an answer was begun. */
  public boolean answered() {
    return answered;
  }

  /** Runs a task when the client goes away before the answer is whole; at once if it has. */
  public void onClosed(Runnable task) {
    if (closed) {
      task.run();
    } else {
      closedTasks = with(closedTasks, task);
    }
  }

  /** Runs a task when the gateway begins to drain while this exchange is open. */
  public void onDrain(Runnable task) {
    if (responder.draining()) {
      task.run();
    } else {
      drainTasks = with(drainTasks, task);
    }
  }

  /** Whether the gateway is stopping. */
  public boolean draining() {
    return responder.draining();
  }

  /** Whether the client is gone. */
  public boolean closed() {
    return closed;
  }

  RequestBody requestBody() {
    return body;
  }

  /** Nobody waits for the answer any more. For whoever made the exchange. */
  public void clientGone() {
    if (closed) {
      return;
    }
    closed = true;
    body.refuse(BodyRefusedException.Why.CLOSED);
    closedTasks.forEach(Runnable::run);
    closedTasks = List.of();
  }

  /** The gateway is stopping. For whoever made the exchange. */
  public void drain() {
    drainTasks.forEach(Runnable::run);
    drainTasks = List.of();
  }

  private static List<Runnable> with(List<Runnable> tasks, Runnable task) {
    var more = new ArrayList<>(tasks);
    more.add(task);
    return more;
  }
}
