// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Responder;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.ExposedNames;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.sse.SseMark;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what one server answered to the client that asked on a federated path, with names as that
 * client knows them. Confined to the call's loop.
 */
final class Relay implements Responder {
  private static final Logger LOG = LoggerFactory.getLogger(Relay.class);

  private final Exchange client;
  private final McpMethod method;
  private final String server;
  private final JsonLimits limits;

  Relay(Call outer, String server) {
    this.client = outer.exchange();
    this.method = outer.message().method();
    this.server = server;
    int bytesMax = Math.max(outer.limits().answerBytesMax(), outer.limits().eventBytesMax()) + 1024;
    this.limits = JsonLimits.DEFAULTS.with(bytesMax, outer.limits().depthMax() + 1, 2_000_000);
  }

  @Override
  public void answer(Answer answer) {
    byte[] body;
    try {
      body = exposed(answer.body());
    } catch (RuntimeException failure) {
      // Somebody waits for the answer, and there will be no other.
      LOG.atError().setCause(failure).log("putting names into an answer failed");
      client.answer(Answer.empty(500));
      return;
    }
    client.answer(new Answer(answer.status(), answer.headers(), body));
  }

  @Override
  public ResponseStream stream(int status, List<Header> headers) {
    return new Events(client.stream(status, headers));
  }

  @Override
  public boolean draining() {
    return false;
  }

  private byte[] exposed(byte[] message) {
    if (message.length == 0) {
      return message;
    }
    try {
      return switch (RpcReader.readReply(message, limits)) {
        case RpcMessage.Result result ->
            ExposedNames.reply(message, result.result(), method, server);
        case RpcMessage.Notification note
            when note.method().equals("notifications/resources/updated") ->
            ExposedNames.updated(message, note.params(), server);
        default -> message;
      };
    } catch (RpcRefusedException e) {
      // Errors with a null id are ours, and no JSON-RPC message in the strict sense.
      return message;
    }
  }

  /** Of its messages the names change. */
  private final class Events implements ResponseStream {
    private final ResponseStream to;

    Events(ResponseStream to) {
      this.to = to;
    }

    @Override
    public void message(SseMark mark, byte[] json) {
      to.message(SseMark.NONE, exposed(json));
    }

    @Override
    public void mark(SseMark mark) {
      // Ids are for going on by GET, which this path does not have.
    }

    @Override
    public void keepAlive() {
      to.keepAlive();
    }

    @Override
    public void end() {
      to.end();
    }

    @Override
    public void abort() {
      to.abort();
    }

    @Override
    public boolean writable() {
      return to.writable();
    }

    @Override
    public void onWritable(Runnable task) {
      to.onWritable(task);
    }
  }
}
