// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sseclient;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Responder;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.sse.SseMark;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One message of a client on its way, or the request for the session's own stream. Confined to the
 * client's loop.
 */
final class SseMessage implements Responder, ResponseStream {
  /** What the POST that brought it is answered. */
  final CompletableFuture<Answer> posted = new CompletableFuture<>();

  private final SseClient client;
  private final PostedMessage message;
  private final Exchange exchange;
  private final BufferHold hold;
  private Runnable onWritable = () -> {};
  private boolean over;

  /** Makes a message, and what it is on the way, of each other. */
  interface Maker {
    Exchange exchange(Responder message);
  }

  /**
   * @param hold what it keeps in memory
   */
  SseMessage(SseClient client, PostedMessage message, BufferHold hold, Maker maker) {
    this.client = client;
    this.message = message;
    this.hold = hold;
    this.exchange = maker.exchange(this);
  }

  PostedMessage message() {
    return message;
  }

  PostedMessage.Kind kind() {
    return message.kind();
  }

  /** The id of the request, or null as JSON has it. */
  String idJson() {
    RpcId id = message.id();
    return id == null ? "null" : id.json();
  }

  Exchange exchange() {
    return exchange;
  }

  BufferHold hold() {
    return hold;
  }

  /** Nobody waits for it any more. */
  void gone() {
    if (!over) {
      posted.complete(Answer.empty(404));
      exchange.clientGone();
      over();
    }
  }

  /** The client took it back before it was begun. */
  void takenBack() {
    over();
  }

  /** The client has caught up. */
  void caughtUp() {
    onWritable.run();
  }

  private void over() {
    if (!over) {
      over = true;
      posted.complete(Answer.empty(202));
      client.over(this);
    }
  }

  @Override
  public void answer(Answer answer) {
    if (!over) {
      if (kind() == PostedMessage.Kind.TOLD) {
        posted.complete(answer);
      } else {
        client.answered(this, answer);
      }
      over();
    }
  }

  @Override
  public ResponseStream stream(int status, List<Header> headers) {
    return this;
  }

  @Override
  public boolean draining() {
    return client.draining();
  }

  @Override
  public void message(SseMark mark, byte[] json) {
    if (!over) {
      client.say(json);
    }
  }

  @Override
  public void mark(SseMark mark) {
    // This transport knows no going on with a stream.
  }

  @Override
  public void keepAlive() {
    // The client's own stream is kept alive.
  }

  @Override
  public void end() {
    over();
  }

  @Override
  public void abort() {
    if (!over) {
      posted.complete(Answer.empty(502));
      client.brokeOff(this);
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
