// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import org.jspecify.annotations.Nullable;

/**
 * The second half of a call's record: how it ended. Times are microseconds since the decision.
 *
 * @param callId the call; its decision must be in the log and wait for an outcome
 * @param result how it ended
 * @param httpStatus the server's status, or null
 * @param rpcCode the JSON-RPC error code, or null
 * @param toolError the tool's own {@code isError}, or null
 * @param executor who executed, by the certificate it proved itself with or else by its address, or
 *     null
 * @param sideEffect whether something may have changed
 * @param resultSha256 digest of the server's answer, or null
 * @param replyBytes bytes of the reply's body
 * @param dispatchedMicros when it went to the server; -1 if never
 * @param firstByteMicros when the reply began; -1 if never
 * @param doneMicros when it ended
 * @param sentAgain how often it went out anew, because the server provably had nothing of it
 * @param detail one more word, or null
 */
public record OutcomeLeaf(
    String callId,
    OutcomeResult result,
    @Nullable Integer httpStatus,
    @Nullable Integer rpcCode,
    @Nullable Boolean toolError,
    @Nullable String executor,
    SideEffect sideEffect,
    @Nullable String resultSha256,
    long replyBytes,
    long dispatchedMicros,
    long firstByteMicros,
    long doneMicros,
    int sentAgain,
    @Nullable String detail)
    implements Leaf {
  /** The outcome of a call whose end nobody could record. */
  static OutcomeLeaf unknown(String callId, String detail) {
    return new OutcomeLeaf(
        callId,
        OutcomeResult.UNKNOWN,
        null,
        null,
        null,
        null,
        SideEffect.UNKNOWN,
        null,
        0,
        -1,
        -1,
        -1,
        0,
        detail);
  }
}
