// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import org.jspecify.annotations.Nullable;

/**
 * The first half of a call's record: who asked for what, and what was decided. For a permit the
 * caller of this API waits for its receipt before anything goes to a server, or, for a target that
 * only reads, before anything comes back.
 *
 * @param callId joins the two halves, logs and errors
 * @param traceId W3C trace id, or null
 * @param rpcId the JSON-RPC id as JSON text, or null
 * @param era the protocol revision the client speaks in the call; the server's is of its {@link
 *     ServerFacts}
 * @param method the MCP method
 * @param cause why policy was asked, and what came before
 * @param route the gateway's path
 * @param caller who asked, as proved
 * @param sessionId the session's name, or null; opens nothing
 * @param intent what the agent declared, or null
 * @param server which server is to execute, or null when the call named none that exists
 * @param target what was asked for, or null when the method has no target
 * @param argsCommit keyed digest of the canonical arguments ({@link Commitments}), or null
 * @param bodyDigest digest of the bytes that will be forwarded, or null when none will
 * @param result what was decided
 * @param policy what policy said
 * @param reason the stable reason code of the error or of the permit
 * @param credential what the server will be shown, or null; never the secret
 * @param configRevision the settings in force
 * @param outcomeExpected true for permits that will be dispatched: an {@link OutcomeLeaf} must
 *     follow. At most one such decision of a call may wait at a time
 */
public record DecisionLeaf(
    String callId,
    @Nullable String traceId,
    @Nullable String rpcId,
    String era,
    String method,
    CauseFacts cause,
    String route,
    CallerFacts caller,
    @Nullable String sessionId,
    @Nullable IntentFacts intent,
    @Nullable ServerFacts server,
    @Nullable TargetFacts target,
    @Nullable String argsCommit,
    @Nullable String bodyDigest,
    DecisionResult result,
    PolicyFacts policy,
    String reason,
    @Nullable CredentialFacts credential,
    String configRevision,
    boolean outcomeExpected)
    implements Leaf {}
