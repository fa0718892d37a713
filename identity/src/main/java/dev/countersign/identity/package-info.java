// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Who is calling: the rules for tokens, the keys of issuers, and the {@code Caller} proof.
 *
 * <p>Entry: {@link dev.countersign.identity.Authenticator}. Knows nothing of MCP, Netty or policy.
 * The fast path is for any thread and never blocks; signatures and key fetches run on a small pool
 * of its own.
 */
@NullMarked
package dev.countersign.identity;

import org.jspecify.annotations.NullMarked;
