// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an access token claims, after {@link ClaimRules}; only a good signature makes it true.
 *
 * @param issuer the entry of its issuer
 * @param subject {@code sub}
 * @param client {@code client_id}, else {@code azp}, or null
 * @param scopes its scopes in their order, once each
 * @param actors the delegation chain as caller ids, the present actor first
 * @param expiresAt {@code exp}
 */
record Claims(
    IssuerSettings issuer,
    String subject,
    @Nullable String client,
    List<String> scopes,
    List<String> actors,
    Instant expiresAt) {}
