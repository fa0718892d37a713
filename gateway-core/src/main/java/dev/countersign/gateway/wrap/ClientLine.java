// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.wrap;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Responder;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.sse.SseMark;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of the client on its way, or a request that the client's side makes for it. Confined to
 * the loop.
 */
final class ClientLine implements Responder, ResponseStream {
  final Kind kind;
  final byte[] bytes;
  final @Nullable RpcId id;
  final @Nullable String session;
  final boolean modern;
  final boolean again;
  private final StdioClient client;
  private final BufferHold hold;
  private @Nullable Exchange exchange;
  private Runnable onWritable = () -> {};
  private boolean over;

  /** What it is to the client. */
  enum Kind {
    /** A message of the client that wants an answer, or that nobody can read. */
    REQUEST,
    /** A message of the client that wants none. */
    TOLD,
    /** The client's {@code initialize}. */
    OPENING,
    /** {@code initialize} and {@code initialized} once more, for a session that was lost. */
    REOPENING,
    REOPENED,
    /** The stream of what belongs to no request. */
    STREAM,
    /** The end of the session. */
    ENDING
  }

  /**
   * @param session the session it is sent in, or null
   * @param again whether it was sent before, in a session that was lost
   */
  ClientLine(
      StdioClient client,
      Kind kind,
      byte[] bytes,
      @Nullable RpcId id,
      @Nullable String session,
      boolean modern,
      boolean again,
      BufferHold hold) {
    this.client = client;
    this.kind = kind;
    this.bytes = bytes;
    this.id = id;
    this.session = session;
    this.modern = modern;
    this.again = again;
    this.hold = hold;
  }

  BufferHold hold() {
    return hold;
  }

  void exchange(Exchange made) {
    exchange = made;
  }

  /** The client does not wait for it any more. */
  void gone() {
    if (!over && exchange != null) {
      exchange.clientGone();
      over();
    }
  }

  private void over() {
    if (!over) {
      over = true;
      hold.release();
      client.over(this);
    }
  }

  /** The client has caught up. */
  void caughtUp() {
    onWritable.run();
  }

  @Override
  public void answer(Answer answer) {
    if (!over) {
      client.answered(this, answer);
      over();
    }
  }

  @Override
  public ResponseStream stream(int status, List<Header> headers) {
    return this;
  }

  @Override
  public boolean draining() {
    return client.closing();
  }

  @Override
  public void message(SseMark mark, byte[] json) {
    if (!over) {
      client.say(json);
    }
  }

  @Override
  public void mark(SseMark mark) {
    // There is nothing to go on with: a pipe that breaks has ended.
  }

  @Override
  public void keepAlive() {
    // A pipe needs nothing to be kept alive.
  }

  @Override
  public void end() {
    over();
  }

  @Override
  public void abort() {
    if (!over && id != null) {
      client.fail(this, "the answer broke off");
    }
    over();
  }

  @Override
  public boolean writable() {
    return client.keepsUp();
  }

  @Override
  public void onWritable(Runnable task) {
    onWritable = task;
  }
}
