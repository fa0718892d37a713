// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a JWT access token must say (RFC 9068, RFC 8725, and the settled points of the design). Pure
 * checks; signatures are not looked at here.
 */
final class TokenRules {
  private static final int SUBJECT_CHARS_MAX = 512;
  private static final int SCOPES_MAX = 256;
  private static final int ACTORS_MAX = 8;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private TokenRules() {}

  /** One part of a token as a JSON object. */
  static JsonNode object(String base64url) throws RejectedException {
    try {
      JsonNode tree = JSON.readTree(Base64.getUrlDecoder().decode(base64url));
      if (tree != null && tree.isObject()) {
        return tree;
      }
    } catch (IOException | IllegalArgumentException e) {
      throw malformed();
    }
    throw malformed();
  }

  static void header(JsonNode header, IssuerSettings issuer) throws RejectedException {
    if (!issuer.algorithms().contains(header.path("alg").asText())) {
      throw new RejectedException(
          RejectReason.BAD_ALGORITHM, "the token's algorithm is not accepted");
    }
    String type = header.path("typ").asText().toLowerCase(Locale.ROOT);
    if (type.startsWith("application/")) {
      type = type.substring("application/".length());
    }
    if (!issuer.types().contains(type)) {
      throw new RejectedException(RejectReason.BAD_TYPE, "the token is not an access token");
    }
    for (String refused : List.of("crit", "jwk", "jku", "x5u", "b64")) {
      if (header.has(refused)) {
        throw new RejectedException(
            RejectReason.MALFORMED, "the token's header has a member that is not taken");
      }
    }
  }

  static void times(JsonNode claims, Instant now, Duration skew) throws RejectedException {
    Instant expires = instant(claims, "exp");
    if (!now.isBefore(expires.plus(skew))) {
      throw new RejectedException(RejectReason.EXPIRED, "the token has expired");
    }
    Instant latest = now.plus(skew);
    if (instant(claims, "iat").isAfter(latest)
        || (claims.has("nbf") && instant(claims, "nbf").isAfter(latest))) {
      throw new RejectedException(RejectReason.NOT_YET_VALID, "the token is not valid yet");
    }
  }

  static Instant instant(JsonNode claims, String name) throws RejectedException {
    JsonNode seconds = claims.path(name);
    if (seconds.isMissingNode()) {
      throw new RejectedException(RejectReason.MISSING_CLAIM, "the token has no " + name);
    }
    if (!seconds.isNumber() || seconds.asDouble() < 0 || seconds.asDouble() > 253402300799.0) {
      throw new RejectedException(RejectReason.BAD_CLAIM, "the token's " + name + " is no time");
    }
    return Instant.ofEpochSecond(seconds.asLong());
  }

  static void audience(JsonNode claims, IssuerSettings issuer, String resource)
      throws RejectedException {
    JsonNode claim = claims.path("aud");
    List<String> audiences = new ArrayList<>();
    if (claim.isTextual()) {
      audiences.add(claim.textValue());
    } else {
      for (JsonNode one : claim) {
        audiences.add(one.isTextual() ? one.textValue() : "");
      }
    }
    boolean accepted = !audiences.isEmpty();
    for (String audience : audiences) {
      accepted &= audience.equals(resource) || issuer.audiences().contains(audience);
    }
    if (!accepted) {
      throw new RejectedException(
          RejectReason.WRONG_AUDIENCE, "the token is not for this resource alone");
    }
  }

  static String subject(JsonNode claims) throws RejectedException {
    JsonNode subject = claims.path("sub");
    if (!subject.isTextual() || subject.textValue().isBlank()) {
      throw new RejectedException(RejectReason.MISSING_CLAIM, "the token has no sub");
    }
    String text = subject.textValue();
    if (text.length() > SUBJECT_CHARS_MAX || text.codePoints().anyMatch(Character::isISOControl)) {
      throw new RejectedException(RejectReason.BAD_CLAIM, "the token's sub is not a name");
    }
    return text;
  }

  static @Nullable String client(JsonNode claims) throws RejectedException {
    String client = optional(claims, "client_id");
    String party = optional(claims, "azp");
    if (client != null && party != null && !client.equals(party)) {
      throw new RejectedException(RejectReason.BAD_CLAIM, "the token names two clients");
    }
    return client == null ? party : client;
  }

  private static @Nullable String optional(JsonNode claims, String name) throws RejectedException {
    JsonNode value = claims.path(name);
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.isTextual()
        || value.textValue().isEmpty()
        || value.textValue().length() > SUBJECT_CHARS_MAX
        || value.textValue().codePoints().anyMatch(Character::isISOControl)) {
      throw new RejectedException(RejectReason.BAD_CLAIM, "the token's " + name + " is not a name");
    }
    return value.textValue();
  }

  static void notBound(JsonNode claims) throws RejectedException {
    if (claims.has("cnf")) {
      throw new RejectedException(
          RejectReason.BOUND_TOKEN, "the token is bound to a key and came without its proof");
    }
  }

  static List<String> scopes(JsonNode claims) throws RejectedException {
    JsonNode scope = claims.has("scope") ? claims.path("scope") : claims.path("scp");
    List<String> scopes = new ArrayList<>();
    if (scope.isTextual()) {
      scopes.addAll(Arrays.asList(scope.textValue().split(" +", SCOPES_MAX + 1)));
      scopes.remove("");
    } else if (scope.isArray()) {
      scope.forEach(one -> scopes.add(one.asText()));
    } else if (!scope.isMissingNode()) {
      throw new RejectedException(RejectReason.BAD_CLAIM, "the token's scope is no list");
    }
    if (scopes.size() > SCOPES_MAX) {
      throw new RejectedException(RejectReason.BAD_CLAIM, "the token has too many scopes");
    }
    return scopes;
  }

  /** RFC 8693 section 4.1: who acts, outermost first. */
  static List<String> actors(JsonNode claims) throws RejectedException {
    List<String> actors = new ArrayList<>();
    JsonNode actor = claims.path("act");
    while (!actor.isMissingNode()) {
      if (!actor.isObject() || actors.size() == ACTORS_MAX) {
        throw new RejectedException(RejectReason.BAD_CLAIM, "the token's act is no short chain");
      }
      actors.add(subject(actor));
      actor = actor.path("act");
    }
    return actors;
  }

  /** SPIFFE-ID, section 2: the trust domain must be the given one, the path well-formed. */
  static boolean isSpiffeIdOf(String subject, String trustDomain) {
    String start = "spiffe://" + trustDomain + "/";
    if (!subject.startsWith(start)) {
      return false;
    }
    for (String segment : subject.substring(start.length()).split("/", -1)) {
      boolean named =
          !segment.isEmpty()
              && !segment.equals(".")
              && !segment.equals("..")
              && segment
                  .chars()
                  .allMatch(
                      c ->
                          (c >= 'a' && c <= 'z')
                              || (c >= 'A' && c <= 'Z')
                              || (c >= '0' && c <= '9')
                              || c == '-'
                              || c == '_'
                              || c == '.');
      if (!named) {
        return false;
      }
    }
    return true;
  }

  static RejectedException malformed() {
    return new RejectedException(RejectReason.MALFORMED, "the token is not a JWT");
  }
}
