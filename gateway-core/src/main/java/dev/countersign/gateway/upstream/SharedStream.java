// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import dev.countersign.identity.CallerKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One exchange on a shared connection. Confined to its loop. */
final class SharedStream implements Carrier {
  private final SharedConnection connection;
  private final int id;
  private final PendingExchange exchange;
  private final long movesBefore;
  private final boolean pooled;
  private Loop.@Nullable Timer headTimer;
  private boolean headSeen;
  private int interim;
  private boolean paused;
  private int held;

  /**
   * @param movesBefore what {@link SendWatch} said before anything of it was written
   * @param pooled whether the connection has carried another exchange before
   */
  SharedStream(
      SharedConnection connection,
      int id,
      PendingExchange exchange,
      long movesBefore,
      boolean pooled) {
    this.connection = connection;
    this.id = id;
    this.exchange = exchange;
    this.movesBefore = movesBefore;
    this.pooled = pooled;
  }

  int id() {
    return id;
  }

  CallerKey caller() {
    return exchange.caller();
  }

  void begin(Duration headTime) {
    headTimer =
        connection
            .loop()
            .after(headTime, () -> abort(UpstreamFailure.Kind.HEAD_TIMEOUT, "no reply in time"));
    exchange.on(this);
  }

  void headers(Http2Headers headers, boolean end) {
    if (!headSeen) {
      head(headers, end);
    } else if (!end) {
      bad("headers within the body");
    }
    // Trailers say nothing that is wanted.
    if (end) {
      whole();
    }
  }

  private void head(Http2Headers headers, boolean end) {
    int status = status(headers);
    if (status < 0 || !isClean(headers)) {
      bad("the reply's head is not well-formed");
      return;
    }
    List<String> types = all(headers, HttpHeaderNames.CONTENT_TYPE);
    List<String> sessions = all(headers, "mcp-session-id");
    String fault =
        status < 200
            ? ReplyHeads.interimFault(status, ++interim)
            : ReplyHeads.fault(status, types, sessions);
    if (fault != null) {
      bad(fault);
    } else if (status < 200) {
      if (end) {
        bad("an interim answer ended the reply");
      }
    } else if (end
        && !all(headers, HttpHeaderNames.CONTENT_LENGTH).stream().allMatch("0"::equals)) {
      // Netty lets this pass, since the answer to a HEAD looks so; nobody sends one here.
      bad("no body, but the length of one");
    } else {
      headSeen = true;
      disarm();
      CharSequence coding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
      exchange.head(
          ReplyHeads.of(
              status,
              types,
              sessions,
              coding == null ? null : coding.toString(),
              connection.executor()));
    }
  }

  /** Exactly one status of three digits; Netty lets unknown pseudo-headers not come this far. */
  private static int status(Http2Headers headers) {
    List<CharSequence> all = headers.getAll(Http2Headers.PseudoHeaderName.STATUS.value());
    if (all.size() != 1
        || headers.contains(Http2Headers.PseudoHeaderName.METHOD.value())
        || headers.contains(Http2Headers.PseudoHeaderName.PATH.value())) {
      return -1;
    }
    String text = all.getFirst().toString();
    return text.matches("[1-5][0-9][0-9]") ? Integer.parseInt(text) : -1;
  }

  private static boolean isClean(Http2Headers headers) {
    for (Map.Entry<CharSequence, CharSequence> line : headers) {
      if (HttpHeaderValidationUtil.validateValidHeaderValue(line.getValue()) >= 0) {
        return false;
      }
    }
    return true;
  }

  private static List<String> all(Http2Headers headers, CharSequence name) {
    return headers.getAll(name).stream().map(CharSequence::toString).toList();
  }

  /** Returns how many bytes the server may send in their place. */
  int data(ByteBuf data, int padding, boolean end) {
    int bytes = data.readableBytes() + padding;
    if (!headSeen) {
      bad("a body before its head");
      return bytes;
    }
    if (data.isReadable()) {
      exchange.data(ByteBufUtil.getBytes(data));
    }
    if (end) {
      whole();
      return bytes;
    }
    if (paused) {
      held += bytes;
      return 0;
    }
    return bytes;
  }

  private void whole() {
    boolean early = connection.stillSending(id);
    if (connection.ended(this)) {
      disarm();
      if (early) {
        connection.reset(this, Http2Error.NO_ERROR);
      }
      exchange.end();
    }
  }

  private void bad(String detail) {
    abort(UpstreamFailure.Kind.BAD_REPLY, detail);
  }

  /** Ends it from our side. */
  private void abort(UpstreamFailure.Kind kind, String detail) {
    if (connection.ended(this)) {
      disarm();
      connection.reset(
          this,
          kind == UpstreamFailure.Kind.BAD_REPLY ? Http2Error.PROTOCOL_ERROR : Http2Error.CANCEL);
      exchange.fail(new UpstreamFailure(kind, true, detail));
    }
  }

  /** The server, or the connection, has ended it. */
  void fail(UpstreamFailure.Kind kind, String detail) {
    if (!connection.ended(this)) {
      return;
    }
    disarm();
    boolean left = !connection.nothingLeftSince(movesBefore);
    if (pooled && !left && !connection.channel().isActive()) {
      connection.sendAgain(exchange, UpstreamObserver.Again.STALE, detail);
    } else {
      exchange.fail(new UpstreamFailure(kind, left, detail));
    }
  }

  /** The server says that it has not looked, and will not look, at this stream. */
  void notLookedAt() {
    if (headSeen || interim > 0) {
      bad("the server disowned a reply that had begun");
    } else if (connection.ended(this)) {
      disarm();
      connection.sendAgain(
          exchange, UpstreamObserver.Again.GOAWAY, "the server closes its connections");
    }
  }

  @Override
  public void cancel() {
    if (connection.ended(this)) {
      disarm();
      connection.reset(this, Http2Error.CANCEL);
    }
  }

  @Override
  public void reading(boolean on) {
    paused = !on;
    if (on && held > 0) {
      int bytes = held;
      held = 0;
      connection.taken(id, bytes);
    }
  }

  private void disarm() {
    if (headTimer != null) {
      headTimer.cancel();
      headTimer = null;
    }
  }
}
