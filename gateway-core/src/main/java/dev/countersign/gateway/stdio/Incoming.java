// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.OwnIds;
import dev.countersign.gateway.upstream.PresentedExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a program says, line by line: each message goes to the call or stream that it belongs to, or
 * to nobody. On the thread that reads, which waits when a caller who has the program to itself
 * reads too slowly.
 */
final class Incoming implements BoundedLines.Sink {
  private static final Set<String> LIST_CHANGES =
      Set.of(
          "notifications/tools/list_changed",
          "notifications/prompts/list_changed",
          "notifications/resources/list_changed");

  private static final int BEGINNING_BYTES = 256;
  private static final String VERSION = "(\"jsonrpc\"\\s*:\\s*\"2\\.0\"\\s*,\\s*)?";
  private static final Pattern ANSWER =
      Pattern.compile(
          "\\s*\\{\\s*"
              + VERSION
              + "\"id\"\\s*:\\s*(?<id>[1-9][0-9]{0,15})\\s*,\\s*"
              + VERSION
              + "\"(result|error)\"\\s*:");

  private final Conversation conversation;
  private final Requests requests;
  private final JsonLimits limits;
  private final String server;
  private final StdioObserver observer;

  Incoming(
      Conversation conversation,
      Requests requests,
      JsonLimits limits,
      String server,
      StdioObserver observer) {
    this.conversation = conversation;
    this.requests = requests;
    this.limits = limits;
    this.server = server;
    this.observer = observer;
  }

  @Override
  public void line(byte[] line) {
    if (line.length == 0) {
      return;
    }
    RpcMessage message;
    try {
      message = RpcReader.readReply(line, limits);
    } catch (RpcRefusedException e) {
      observer.line(server, StdioObserver.Line.NOT_A_MESSAGE);
      return;
    }
    switch (message) {
      case RpcMessage.Result result -> answered(OwnIds.of(result.id()), result);
      case RpcMessage.Failure failure -> answered(OwnIds.of(failure.id()), failure);
      case RpcMessage.Notification notification -> notified(notification);
      case RpcMessage.Request request -> asked(request);
    }
  }

  /**
   * An answer that is lost, if its beginning says so. With a single request under way of the only
   * caller it can be no other's, either.
   */
  @Override
  public void tooLong(byte[] beginning) {
    observer.line(server, StdioObserver.Line.TOO_LONG);
    Pending.Forwarded lost = requests.forwarded(answeredId(beginning));
    if (lost == null && !conversation.kind().shared()) {
      lost = requests.only();
    }
    if (lost != null) {
      var unused = requests.take(lost.exchange());
      lost.exchange().fail(UpstreamFailure.Kind.BAD_REPLY, "a line over the limit");
    }
  }

  /** The id of the request that a line begins to answer, or 0 when its beginning does not tell. */
  static long answeredId(byte[] beginning) {
    int length = Math.min(beginning.length, BEGINNING_BYTES);
    Matcher answer = ANSWER.matcher(new String(beginning, 0, length, StandardCharsets.ISO_8859_1));
    return answer.lookingAt() ? Long.parseLong(answer.group("id")) : 0;
  }

  private void answered(long id, RpcMessage answer) {
    switch (requests.take(id)) {
      case null -> unowned();
      case Pending.Own own -> {
        conversation.serves();
        own.answer().complete(answer);
      }
      case Pending.Forwarded forwarded -> {
        conversation.serves();
        forwarded.exchange().message(MessageEdits.answer(answer, forwarded.id()), true, false);
        if (forwarded.opens() && answer instanceof RpcMessage.Failure) {
          conversation.stop();
        }
      }
    }
  }

  private void notified(RpcMessage.Notification notification) {
    if (notification.method().equals("notifications/progress")) {
      progress(notification);
      return;
    }
    Pending.Forwarded subscribed = requests.forwarded(MessageEdits.subscriptionOf(notification));
    if (subscribed != null) {
      offer(subscribed.exchange(), MessageEdits.subscription(notification, subscribed.id()));
    } else if (LIST_CHANGES.contains(notification.method())) {
      // Made anew: what else stood in it may not be for everybody.
      byte[] bare =
          MessageEdits.utf8("{\"jsonrpc\":\"2.0\",\"method\":\"" + notification.method() + "\"}");
      requests.streams().forEach(stream -> offer(stream, bare));
    } else {
      PresentedExchange owner = conversation.kind().shared() ? null : owner(false);
      if (owner == null) {
        unowned();
      } else {
        offer(owner, notification.document().bytes());
      }
    }
  }

  private void progress(RpcMessage.Notification notification) {
    Pending.Forwarded request = requests.forwarded(OwnIds.progressOf(notification));
    byte[] token = request == null ? null : request.progressToken();
    if (request == null || token == null) {
      unowned();
    } else {
      offer(request.exchange(), OwnIds.progress(notification, token));
    }
  }

  private void asked(RpcMessage.Request request) {
    if (request.method().equals("ping")) {
      conversation.tell(MessageEdits.reply(request.id().json(), "\"result\":{}"));
      return;
    }
    Conversation.Kind kind = conversation.kind();
    PresentedExchange owner = kind.shared() || kind.modern() ? null : owner(true);
    if (owner == null) {
      unowned();
      conversation.tell(MessageEdits.reply(request.id().json(), MessageEdits.NOT_SERVED));
    } else {
      offer(owner, request.document().bytes());
    }
  }

  /**
   * To which of its caller's replies a message belongs that does not say so: the only call under
   * way, else the stream.
   *
   * @param insist for questions, which must reach somebody: else the oldest call
   */
  private @Nullable PresentedExchange owner(boolean insist) {
    Pending.Forwarded only = requests.only();
    if (only != null) {
      return only.exchange();
    }
    List<PresentedExchange> open = requests.streams();
    if (!open.isEmpty()) {
      return open.getLast();
    }
    Pending.Forwarded oldest = insist ? requests.oldest() : null;
    return oldest == null ? null : oldest.exchange();
  }

  private void offer(PresentedExchange exchange, byte[] message) {
    if (!exchange.message(message, false, !conversation.kind().shared())) {
      // Other callers wait for what this program says.
      conversation.cancelled(exchange);
      exchange.fail(UpstreamFailure.Kind.BAD_REPLY, "more was said than the client took");
    }
  }

  private void unowned() {
    observer.line(server, StdioObserver.Line.UNOWNED);
  }
}
