// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the claims of an access token must and may be (RFC 9068 section 2.2, RFC 8725, RFC 8693
 * section 4.1, and the gateway's own stricter rule for audiences).
 */
final class ClaimRules {
  private static final int NAME_CHARS_MAX = 512;
  private static final int AUDIENCES_MAX = 16;
  private static final int SCOPES_MAX = 256;
  private static final int SCOPE_CHARS_MAX = 256;
  private static final int ACTORS_MAX = 8;
  private static final double EPOCH_SECONDS_MAX = 253_402_300_799.0;

  private ClaimRules() {}

  /** The {@code iss} a token claims, for finding its issuer's entry by exact comparison. */
  static String issuer(ObjectNode claims) throws RejectedException {
    return required(claims, "iss");
  }

  /**
   * Checks all claims but {@code iss}.
   *
   * @param issuer the entry found by {@link #issuer}
   * @param resource the resource URI of the route that was asked for
   */
  static Claims read(
      ObjectNode claims, IssuerSettings issuer, String resource, Instant now, Duration skew)
      throws RejectedException {
    String subject = name(required(claims, "sub"));
    Instant expiresAt = times(claims, now, skew);
    audience(claims.path("aud"), issuer, resource);
    if (claims.has("cnf")) {
      throw new RejectedException(
          RejectReason.BOUND_TOKEN, "the token is bound to a key and came without its proof");
    }
    return new Claims(
        issuer, subject, client(claims), scopes(claims), actors(claims, issuer), expiresAt);
  }

  private static Instant times(ObjectNode claims, Instant now, Duration skew)
      throws RejectedException {
    Instant expiresAt = instant(claims, "exp");
    Instant issuedAt = instant(claims, "iat");
    Instant latest = now.plus(skew);
    if (!now.isBefore(expiresAt.plus(skew))) {
      throw new RejectedException(RejectReason.EXPIRED, "the token has expired");
    }
    if (issuedAt.isAfter(latest) || (claims.has("nbf") && instant(claims, "nbf").isAfter(latest))) {
      throw new RejectedException(RejectReason.NOT_YET_VALID, "the token is not valid yet");
    }
    return expiresAt;
  }

  /** RFC 7519 section 2, NumericDate: seconds, perhaps with a fraction, which is dropped. */
  private static Instant instant(ObjectNode claims, String name) throws RejectedException {
    JsonNode seconds = claims.path(name);
    if (seconds.isMissingNode()) {
      throw missing(name);
    }
    double value = seconds.asDouble(-1);
    if (!seconds.isNumber() || !(value >= 0 && value <= EPOCH_SECONDS_MAX)) {
      throw RejectedException.badClaim("the token's " + name + " is not a time");
    }
    return Instant.ofEpochSecond((long) value);
  }

  /** Every audience must be allowed here, so that no token is good for two places by accident. */
  private static void audience(JsonNode claim, IssuerSettings issuer, String resource)
      throws RejectedException {
    List<JsonNode> audiences = claim.isArray() ? claim.valueStream().toList() : List.of(claim);
    if (claim.isMissingNode() || audiences.isEmpty()) {
      throw missing("aud");
    }
    if (audiences.size() > AUDIENCES_MAX) {
      throw RejectedException.badClaim("the token's aud is too long");
    }
    for (JsonNode one : audiences) {
      if (!one.isTextual()) {
        throw RejectedException.badClaim("the token's aud is not text");
      }
      String audience = one.textValue();
      if (!audience.equals(resource) && !issuer.audiences().contains(audience)) {
        throw new RejectedException(
            RejectReason.WRONG_AUDIENCE, "the token is not for this resource alone");
      }
    }
  }

  private static @Nullable String client(ObjectNode claims) throws RejectedException {
    String client = claims.has("client_id") ? name(required(claims, "client_id")) : null;
    String party = claims.has("azp") ? name(required(claims, "azp")) : null;
    if (client != null && party != null && !client.equals(party)) {
      throw RejectedException.badClaim("the token names two clients");
    }
    return client == null ? party : client;
  }

  /** {@code scope} as RFC 8693 section 4.2 has it; some issuers send an array, or call it scp. */
  private static List<String> scopes(ObjectNode claims) throws RejectedException {
    JsonNode claim = claims.has("scope") ? claims.path("scope") : claims.path("scp");
    if (claim.isMissingNode()) {
      return List.of();
    }
    Set<String> scopes = new LinkedHashSet<>();
    if (claim.isTextual()) {
      for (String one : claim.textValue().split(" ", -1)) {
        if (!one.isEmpty()) {
          scopes.add(scope(one));
        }
      }
    } else if (claim.isArray()) {
      for (JsonNode one : claim) {
        scopes.add(scope(one.isTextual() ? one.textValue() : ""));
      }
    } else {
      throw RejectedException.badClaim("the token's scope is not a list");
    }
    if (scopes.size() > SCOPES_MAX) {
      throw RejectedException.badClaim("the token has too many scopes");
    }
    return List.copyOf(scopes);
  }

  private static String scope(String text) throws RejectedException {
    if (text.length() > SCOPE_CHARS_MAX || !Names.isScope(text)) {
      throw RejectedException.badClaim("the token's scope has an unfit name");
    }
    return text;
  }

  /**
   * The chain of {@code act} claims. An actor is named as a caller of the token's own issuer would
   * be; one that is said to be another issuer's would get a name its issuer never gave.
   */
  private static List<String> actors(ObjectNode claims, IssuerSettings issuer)
      throws RejectedException {
    List<String> actors = new ArrayList<>();
    JsonNode next = claims.path("act");
    while (!next.isMissingNode()) {
      if (!(next instanceof ObjectNode actor) || actors.size() == ACTORS_MAX) {
        throw RejectedException.badClaim("the token's act is not a short chain");
      }
      if (actor.has("iss") && !required(actor, "iss").equals(issuer.issuer().toString())) {
        throw RejectedException.badClaim("the token's act names another issuer");
      }
      actors.add(Names.callerId(issuer, name(required(actor, "sub"))));
      next = actor.path("act");
    }
    return List.copyOf(actors);
  }

  private static String required(ObjectNode claims, String name) throws RejectedException {
    JsonNode value = claims.path(name);
    if (value.isMissingNode()) {
      throw missing(name);
    }
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw RejectedException.badClaim("the token's " + name + " is not text");
    }
    return value.textValue();
  }

  private static String name(String text) throws RejectedException {
    if (text.length() > NAME_CHARS_MAX || !Names.isPrintable(text)) {
      throw RejectedException.badClaim("the token names somebody in unfit characters or length");
    }
    return text;
  }

  private static RejectedException missing(String name) {
    return new RejectedException(RejectReason.MISSING_CLAIM, "the token has no " + name);
  }
}
