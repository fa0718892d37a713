// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proof that a request came from a known workload. Only {@link Authenticator} makes one; it holds
 * no credential.
 */
public final class Caller {
  private final CallerKey key;
  private final String id;
  private final @Nullable String trustDomain;
  private final List<String> scopes;
  private final @Nullable String user;
  private final List<String> actors;
  private final Instant expiresAt;
  private final String credentialHash;

  Caller(
      CallerKey key,
      String id,
      @Nullable String trustDomain,
      List<String> scopes,
      @Nullable String user,
      List<String> actors,
      Instant expiresAt,
      String credentialHash) {
    this.key = key;
    this.id = id;
    this.trustDomain = trustDomain;
    this.scopes = List.copyOf(scopes);
    this.user = user;
    this.actors = List.copyOf(actors);
    this.expiresAt = expiresAt;
    this.credentialHash = credentialHash;
  }

  /** What sessions and limits hang on. */
  public CallerKey key() {
    return key;
  }

  /**
   * {@code spiffe://…} when an issuer for that trust domain says so, else {@code
   * oidc:alias:subject}.
   */
  public String id() {
    return id;
  }

  /** spiffe or oidc. */
  public String kind() {
    return key.kind();
  }

  /** Who vouches. */
  public String issuer() {
    return key.issuer();
  }

  /** The issuer's name for it. */
  public String subject() {
    return key.subject();
  }

  /** The OAuth client, or null. */
  public @Nullable String client() {
    return key.client();
  }

  /** The SPIFFE trust domain, or null. */
  public @Nullable String trustDomain() {
    return trustDomain;
  }

  /** How it was proved. */
  public String proof() {
    return "bearer";
  }

  /** Scopes of the credential. */
  public List<String> scopes() {
    return scopes;
  }

  /** The person it acts for, or null. */
  public @Nullable String user() {
    return user;
  }

  /** The delegation chain, outermost first. */
  public List<String> actors() {
    return actors;
  }

  /** When the proof ends. */
  public Instant expiresAt() {
    return expiresAt;
  }

  /** {@code sha256:} of the credential, for records. */
  public String credentialHash() {
    return credentialHash;
  }

  @Override
  public String toString() {
    return "Caller[" + id + "]";
  }
}
