// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import org.jspecify.annotations.Nullable;

/**
 * What makes two credentials the same caller: sessions, limits and labels hang on it. Never the
 * proof key, because keys rotate.
 *
 * @param kind {@code spiffe}, {@code oidc} or {@code local}
 * @param issuer who vouches: the exact {@code iss}; {@code local} for this machine
 * @param subject the issuer's name for the caller
 * @param client the OAuth client, or null when the credential names none
 */
public record CallerKey(String kind, String issuer, String subject, @Nullable String client) {}
