// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.upstream.ReplyHead;

/**
 * Says what the head of a server's reply is to the call it answers, by the call's method and era.
 * Does nothing about it.
 */
final class ReplyHeads {
  private final Call call;

  ReplyHeads(Call call) {
    this.call = call;
  }

  /** What becomes of the reply. */
  sealed interface Judged {
    /** Events follow. */
    record Events() implements Judged {}

    /** One JSON text follows. */
    record Json() implements Judged {}

    /** The server took what has no answer; the client gets this status. */
    record Taken(int status) implements Judged {}

    /** The server no longer knows the session. */
    record SessionGone(BoundSession session) implements Judged {}

    /** The client has its stream already, and there is nothing to send on it. */
    record NoStream() implements Judged {}

    /** The client is told this; nothing more is read. */
    record Refused(Reason reason, OutcomeResult result) implements Judged {}

    /** No server may reply so. */
    record Bad(String detail) implements Judged {}

    /** As {@link Bad}, unless it is how servers of the other era reply. */
    record NoAnswer(String detail) implements Judged {}
  }

  /**
   * Judges the head.
   *
   * @param streaming whether the client has the head of its stream already
   */
  Judged judge(ReplyHead reply, boolean streaming) {
    BoundSession session = call.session();
    if (reply.status() == 401 || reply.status() == 407) {
      // The server's challenge is about our credential; the client must never see it.
      return new Judged.Refused(Reason.UPSTREAM_CREDENTIAL, OutcomeResult.BAD_REPLY);
    }
    if (reply.status() == 404 && session != null && session.upstreamId() != null) {
      return new Judged.SessionGone(session);
    }
    return switch (call.message().method()) {
      case STREAM -> stream(reply, streaming);
      case LISTEN ->
          reply.status() == 200 && !isEvents(reply)
              ? new Judged.Bad("not an event stream")
              : request(reply);
      case END -> new Judged.Taken(200);
      default -> call.message().id() == null ? notification(reply) : request(reply);
    };
  }

  private static Judged notification(ReplyHead reply) {
    return reply.status() < 200 || reply.status() > 299
        ? new Judged.Bad("a notification was not accepted")
        : new Judged.Taken(202);
  }

  private Judged stream(ReplyHead reply, boolean streaming) {
    if (reply.status() == 200 && !reply.encoded() && isEvents(reply)) {
      return new Judged.Events();
    }
    if (streaming) {
      return new Judged.NoStream();
    }
    return switch (reply.status()) {
      case 405 -> answered(Reason.METHOD_NOT_ALLOWED);
      case 409 -> answered(Reason.STREAM_TAKEN);
      default ->
          reply.status() == 400 && call.terms().resumption() != null
              ? answered(Reason.EVENT_UNKNOWN)
              : new Judged.Bad("not an event stream");
    };
  }

  private static Judged answered(Reason reason) {
    return new Judged.Refused(reason, OutcomeResult.ERROR_ANSWERED);
  }

  private static Judged request(ReplyHead reply) {
    if (reply.encoded()) {
      return new Judged.Bad("a content coding nobody asked for");
    }
    if (reply.status() == 200 && isEvents(reply)) {
      return new Judged.Events();
    }
    boolean answers = reply.status() == 200 || (reply.status() >= 400 && reply.status() <= 599);
    return answers && BodyStep.isJson(reply.contentType())
        ? new Judged.Json()
        : new Judged.NoAnswer("status " + reply.status() + " of a type that is no answer");
  }

  private static boolean isEvents(ReplyHead reply) {
    return BodyStep.isType(reply.contentType(), "text/event-stream");
  }
}
