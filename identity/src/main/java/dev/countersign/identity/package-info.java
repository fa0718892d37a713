// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Who is calling: the rules for access tokens, the keys of the issuers, and the {@code Caller}
 * proof.
 *
 * <p>Entry: {@link dev.countersign.identity.Authenticator}; beside it {@link
 * dev.countersign.identity.ProtectedResource} says how the gateway presents itself to OAuth
 * clients. Knows nothing of MCP, Netty, policy or the audit log.
 *
 * <p>Threads: any thread may ask; {@code cached} never blocks and is for event loops. Signatures
 * are checked on two threads of the authenticator, keys are fetched on one virtual thread per
 * issuer, so that a slow issuer holds up nobody else.
 */
@NullMarked
package dev.countersign.identity;

import org.jspecify.annotations.NullMarked;
