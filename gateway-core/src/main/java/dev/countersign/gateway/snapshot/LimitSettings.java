// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import java.time.Duration;

/**
 * Bounds and time-outs ({@code docs/configuration.md}, "limits"). What they turn away is counted.
 *
 * @param head from accepting a connection, or the first byte of a further request, to a whole head
 * @param body from the head to the whole body
 * @param headerBytesMax request line and headers together
 * @param bodyBytesMax a request's body
 * @param eventBytesMax one server-sent event from a server
 * @param answerBytesMax one JSON answer from a server
 * @param bufferedBytesMax bodies and answers that are in memory, of all calls together; half of it
 *     for one caller's; 0 for a quarter of the heap
 * @param depthMax nesting of a JSON message
 * @param tokensMax tokens of a JSON message
 * @param connectionsMax open client connections
 * @param streamsPerConnectionMax open streams of one HTTP/2 connection of a client
 * @param callsPerCallerMax calls of one caller in flight
 * @param streamsPerSessionMax open GET streams of one legacy session
 * @param sessionsPerCallerMax live legacy sessions of one caller
 * @param sessionsMax live legacy sessions of all callers
 * @param sessionIdle a legacy session unused for this long ends
 * @param sessionAgeMax a legacy session ends at this age
 * @param upstreamConnect opening a connection to a server, TLS included
 * @param upstreamHead from sending a call to the head of its answer
 * @param call from dispatch to the last byte of the answer
 * @param streamIdle a stream without any event for this long is closed
 * @param keepAlive pause on an open stream after which a comment is sent, and on a busy HTTP/2
 *     connection to a server a ping
 * @param connectionIdle an idle keep-alive connection of a client is closed after this
 * @param upstreamIdle an idle pooled connection to a server is closed after this
 * @param upstreamConnectionsMax connections to one server from one event loop
 * @param loopTurn how long an event loop may be at work on what has come in before, when that goes
 *     on, it refuses new calls
 * @param perSession what one legacy session keeps
 */
public record LimitSettings(
    Duration head,
    Duration body,
    int headerBytesMax,
    int bodyBytesMax,
    int eventBytesMax,
    int answerBytesMax,
    long bufferedBytesMax,
    int depthMax,
    int tokensMax,
    int connectionsMax,
    int streamsPerConnectionMax,
    int callsPerCallerMax,
    int streamsPerSessionMax,
    int sessionsPerCallerMax,
    int sessionsMax,
    Duration sessionIdle,
    Duration sessionAgeMax,
    Duration upstreamConnect,
    Duration upstreamHead,
    Duration call,
    Duration streamIdle,
    Duration keepAlive,
    Duration connectionIdle,
    Duration upstreamIdle,
    int upstreamConnectionsMax,
    Duration loopTurn,
    SessionLimits perSession) {

  /** What holds where the operator says nothing. */
  public static final LimitSettings DEFAULTS =
      new LimitSettings(
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          32 << 10,
          4 << 20,
          4 << 20,
          16 << 20,
          0,
          64,
          100_000,
          10_000,
          100,
          256,
          16,
          256,
          100_000,
          Duration.ofMinutes(30),
          Duration.ofHours(24),
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          Duration.ofSeconds(300),
          Duration.ofMinutes(30),
          Duration.ofSeconds(15),
          Duration.ofSeconds(75),
          Duration.ofSeconds(50),
          512,
          Duration.ofMillis(100),
          SessionLimits.DEFAULTS);
}
