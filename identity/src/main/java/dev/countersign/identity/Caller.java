// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proof that a request came from a known workload. A final class whose only constructor is not
 * visible outside this package: who holds one got it from {@link Authenticator}. It holds no
 * credential, so it may be logged, recorded and kept. Immutable.
 */
public final class Caller {
  private static final String LOCAL = "local";

  private final CallerKey key;
  private final String id;
  private final @Nullable String trustDomain;
  private final String proof;
  private final List<String> scopes;
  private final List<String> actors;
  private final Instant expiresAt;
  private final @Nullable String user;
  private final @Nullable String credentialHash;
  private final String resource;

  Caller(Claims claims, String proof, String credentialHash, String resource) {
    boolean spiffe = Names.speaksFor(claims.issuer(), claims.subject());
    String client = claims.client();
    this.key =
        new CallerKey(
            spiffe ? "spiffe" : "oidc",
            claims.issuer().issuer().toString(),
            claims.subject(),
            client);
    this.id = Names.callerId(claims.issuer(), claims.subject());
    this.trustDomain = spiffe ? claims.issuer().trustDomain() : null;
    this.proof = proof;
    this.scopes = claims.scopes();
    this.actors = claims.actors();
    this.expiresAt = claims.expiresAt();
    this.user = client == null || client.equals(claims.subject()) ? null : claims.subject();
    this.credentialHash = credentialHash;
    this.resource = resource;
  }

  /** The user of this machine who runs the gateway for one client; there is no credential. */
  Caller(String localUser, String resource) {
    this.key = new CallerKey(LOCAL, LOCAL, localUser, null);
    this.id = LOCAL + ':' + localUser;
    this.trustDomain = null;
    this.proof = LOCAL;
    this.scopes = List.of();
    this.actors = List.of();
    this.expiresAt = Instant.MAX;
    this.user = null;
    this.credentialHash = null;
    this.resource = resource;
  }

  /** What sessions, limits and labels hang on. */
  public CallerKey key() {
    return key;
  }

  /**
   * The name policy and records use: {@code spiffe://…} only where the issuer may speak for that
   * trust domain, {@code local:<user>} for a user of this machine, else {@code oidc:<issuer
   * alias>:<subject>}.
   */
  public String id() {
    return id;
  }

  /** {@code spiffe}, {@code oidc} or {@code local}. */
  public String kind() {
    return key.kind();
  }

  /** Who vouches: the exact {@code iss}. */
  public String issuer() {
    return key.issuer();
  }

  /** The issuer's name for the caller: {@code sub}. */
  public String subject() {
    return key.subject();
  }

  /** The OAuth client: {@code client_id}, else {@code azp}; null when the credential names none. */
  public @Nullable String client() {
    return key.client();
  }

  /** The SPIFFE trust domain, or null when the caller is not of one. */
  public @Nullable String trustDomain() {
    return trustDomain;
  }

  /** How possession was shown: {@code bearer}; {@code local} where nothing had to be. */
  public String proof() {
    return proof;
  }

  /** The credential's scopes, once each, in its order. */
  public List<String> scopes() {
    return scopes;
  }

  /** Whom a client acts for: the subject where client and subject differ, else null. */
  public @Nullable String user() {
    return user;
  }

  /**
   * The delegation chain (RFC 8693 section 4.1), present actor first, at most 8; each named the way
   * {@link #id()} is.
   */
  public List<String> actors() {
    return actors;
  }

  /** When the credential ends. */
  public Instant expiresAt() {
    return expiresAt;
  }

  /**
   * {@code sha256:} and the hexadecimal digest of the credential, for records; null without one.
   * Not a handle to revoke by: who holds an ES256 token can make a second one with another digest,
   * because ECDSA signatures have two forms.
   */
  public @Nullable String credentialHash() {
    return credentialHash;
  }

  /** The resource URI it was accepted for. */
  public String resource() {
    return resource;
  }

  @Override
  public String toString() {
    return "Caller[" + id + ']';
  }
}
