// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.SessionLimits;
import java.time.Duration;

/** {@code limits}. */
final class LimitsSection {
  private static final LimitSettings D = LimitSettings.DEFAULTS;
  private static final Duration TICK = Duration.ofMillis(100);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration WEEK = Duration.ofDays(7);
  private static final long MESSAGE_BYTES_MAX = 256 << 20;

  static final Keys KEYS =
      new Keys("Bounds and time-outs. Whatever they turn away is refused clearly and counted.");

  private static final Key<Duration> HEAD =
      time("head", D.head(), HOUR, "From the first byte of a request to its whole head.");
  private static final Key<Duration> BODY =
      time("body", D.body(), HOUR, "From a request's head to its whole body.");
  private static final Key<Long> HEADER_BYTES =
      bytes(
          "header_bytes",
          D.headerBytesMax(),
          1 << 20,
          "Request line and headers together; in HTTP/2 with 32 bytes more for each line.");
  private static final Key<Long> BODY_BYTES =
      bytes("body_bytes", D.bodyBytesMax(), MESSAGE_BYTES_MAX, "A request's body.");
  private static final Key<Long> EVENT_BYTES =
      bytes("event_bytes", D.eventBytesMax(), MESSAGE_BYTES_MAX, "One event of a server's stream.");
  private static final Key<Long> ANSWER_BYTES =
      bytes("answer_bytes", D.answerBytesMax(), MESSAGE_BYTES_MAX, "One JSON answer of a server.");
  private static final Key<Long> BUFFERED_BYTES =
      KEYS.add(
          Key.defaulted(
              "buffered_bytes",
              new SizeType(0, 1L << 40),
              D.bufferedBytesMax(),
              "Bodies and answers in memory, of all calls together; one caller's may take half."
                  + " 0 for a quarter of the heap."));
  private static final Key<Integer> DEPTH =
      count("depth", D.depthMax(), 8, 1000, "Nesting of a JSON message.");
  private static final Key<Integer> TOKENS =
      count("tokens", D.tokensMax(), 1000, 10_000_000, "Values and keys of a JSON message.");
  private static final Key<Integer> CONNECTIONS =
      count(
          "connections",
          D.connectionsMax(),
          1,
          1_000_000,
          "Open connections of clients; fewer in a small heap, which has room for some 50 in each"
              + " MiB.");
  private static final Key<Integer> STREAMS_PER_CONNECTION =
      count(
          "streams_per_connection",
          D.streamsPerConnectionMax(),
          1,
          10_000,
          "Open streams of one HTTP/2 connection of a client.");
  private static final Key<Integer> CALLS_PER_CALLER =
      count("calls_per_caller", D.callsPerCallerMax(), 1, 100_000, "A caller's calls under way.");
  private static final Key<Integer> STREAMS_PER_SESSION =
      count(
          "streams_per_session",
          D.streamsPerSessionMax(),
          1,
          1000,
          "Open GET streams of one legacy session.");
  private static final Key<Integer> SESSIONS_PER_CALLER =
      count(
          "sessions_per_caller",
          D.sessionsPerCallerMax(),
          1,
          1_000_000,
          "Live legacy sessions of one caller.");
  private static final Key<Integer> SESSIONS =
      count("sessions", D.sessionsMax(), 1, 10_000_000, "Live legacy sessions of all callers.");
  private static final Key<Duration> SESSION_IDLE =
      time("session_idle", D.sessionIdle(), WEEK, "A legacy session unused for this long ends.");
  private static final Key<Duration> SESSION_AGE =
      time("session_age", D.sessionAgeMax(), WEEK, "A legacy session ends at this age.");
  private static final Key<Duration> UPSTREAM_CONNECT =
      time("upstream_connect", D.upstreamConnect(), HOUR, "Opening a connection to a server.");
  private static final Key<Duration> UPSTREAM_HEAD =
      time(
          "upstream_head",
          D.upstreamHead(),
          HOUR,
          "From sending a call to the head of its answer.");
  private static final Key<Duration> CALL =
      time("call", D.call(), DAY, "From sending a call to the last byte of its answer.");
  private static final Key<Duration> STREAM_IDLE =
      time("stream_idle", D.streamIdle(), WEEK, "A stream without an event for this long ends.");
  private static final Key<Duration> KEEP_ALIVE =
      time(
          "keep_alive",
          D.keepAlive(),
          HOUR,
          "Pause on an open stream after which a comment is sent, and on an HTTP/2 connection to a"
              + " server that has calls a ping.");
  private static final Key<Duration> CONNECTION_IDLE =
      time(
          "connection_idle",
          D.connectionIdle(),
          HOUR,
          "An idle connection of a client is closed after this.");
  private static final Key<Duration> UPSTREAM_IDLE =
      time(
          "upstream_idle",
          D.upstreamIdle(),
          HOUR,
          "An idle connection to a server is closed after this.");
  private static final Key<Integer> UPSTREAM_CONNECTIONS =
      count(
          "upstream_connections",
          D.upstreamConnectionsMax(),
          1,
          100_000,
          "Connections to one server from one event loop; at most half are HTTP+SSE streams.");
  private static final Key<Duration> LOOP_TURN =
      KEYS.add(
          Key.defaulted(
              "loop_turn",
              new DurationType(Duration.ofMillis(1), Duration.ofMinutes(1)),
              D.loopTurn(),
              "How long an event loop may be at work on what has come in at once. When it is at"
                  + " work for longer again and again, calls beyond are refused, those of callers"
                  + " that take the most time first. About half of what a call may have to wait."));

  private static final Key<Integer> QUESTIONS =
      count(
          "questions_per_session",
          D.perSession().questionsMax(),
          1,
          1000,
          "Questions of servers that wait for the client of one legacy session.");
  private static final Key<Integer> SUBSCRIPTIONS =
      count(
          "subscriptions_per_session",
          D.perSession().subscriptionsMax(),
          1,
          1_000_000,
          "Resources whose changes one legacy session hears of.");
  private static final Key<Integer> TASKS =
      count(
          "tasks_per_session",
          D.perSession().tasksMax(),
          1,
          100_000,
          "Tasks that the calls of one legacy session became.");

  private LimitsSection() {}

  private static Key<Duration> time(String name, Duration otherwise, Duration max, String meaning) {
    return KEYS.add(Key.defaulted(name, new DurationType(TICK, max), otherwise, meaning));
  }

  private static Key<Long> bytes(String name, long otherwise, long max, String meaning) {
    return KEYS.add(Key.defaulted(name, new SizeType(1 << 10, max), otherwise, meaning));
  }

  private static Key<Integer> count(String name, int otherwise, int min, int max, String meaning) {
    return KEYS.add(Key.defaulted(name, new WholeType(min, max), otherwise, meaning));
  }

  static LimitSettings build(Section in) {
    return new LimitSettings(
        in.get(HEAD),
        in.get(BODY),
        Math.toIntExact(in.get(HEADER_BYTES)),
        Math.toIntExact(in.get(BODY_BYTES)),
        Math.toIntExact(in.get(EVENT_BYTES)),
        Math.toIntExact(in.get(ANSWER_BYTES)),
        in.get(BUFFERED_BYTES),
        in.get(DEPTH),
        in.get(TOKENS),
        in.get(CONNECTIONS),
        in.get(STREAMS_PER_CONNECTION),
        in.get(CALLS_PER_CALLER),
        in.get(STREAMS_PER_SESSION),
        in.get(SESSIONS_PER_CALLER),
        in.get(SESSIONS),
        in.get(SESSION_IDLE),
        in.get(SESSION_AGE),
        in.get(UPSTREAM_CONNECT),
        in.get(UPSTREAM_HEAD),
        in.get(CALL),
        in.get(STREAM_IDLE),
        in.get(KEEP_ALIVE),
        in.get(CONNECTION_IDLE),
        in.get(UPSTREAM_IDLE),
        in.get(UPSTREAM_CONNECTIONS),
        in.get(LOOP_TURN),
        new SessionLimits(in.get(QUESTIONS), in.get(SUBSCRIPTIONS), in.get(TASKS)));
  }
}
