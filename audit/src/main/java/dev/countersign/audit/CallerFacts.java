// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who asked, as proved.
 *
 * @param id namespaced id, as policy saw it
 * @param kind spiffe, oidc or local
 * @param issuer who vouches
 * @param subject the issuer's name for it
 * @param client the OAuth client, or null
 * @param proof how it was proved
 * @param credentialHash digest of the credential, or null; never the credential
 * @param user the person it acts for, or null
 * @param actors delegation chain, outermost first
 */
public record CallerFacts(
    String id,
    String kind,
    String issuer,
    String subject,
    @Nullable String client,
    String proof,
    @Nullable String credentialHash,
    @Nullable String user,
    List<String> actors) {
  public CallerFacts {
    actors = List.copyOf(actors);
  }
}
