// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import org.jspecify.annotations.Nullable;

/**
 * What the server is shown; never the secret.
 *
 * @param kind how it is made, such as none, static or exchange
 * @param reference where it is kept or the digest of its id, or null
 */
public record CredentialFacts(String kind, @Nullable String reference) {}
