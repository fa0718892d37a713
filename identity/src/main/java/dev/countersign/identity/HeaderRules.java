// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the header of an access token may say (RFC 7515 section 4.1, RFC 8725, RFC 9068). */
final class HeaderRules {
  private static final int KEY_ID_CHARS_MAX = 256;

  /**
   * Members that name a key to use, or change what is signed. None is ever followed, and a token
   * that has one is not from an issuer that knows how it is verified here.
   */
  private static final List<String> REFUSED = List.of("crit", "b64", "jwk", "jku", "x5u");

  private HeaderRules() {}

  /**
   * Which key a token says it was signed with.
   *
   * @param kid the key's id, or null
   * @param algorithm one that its issuer's entry accepts
   */
  record KeyHint(@Nullable String kid, String algorithm) {}

  static KeyHint read(ObjectNode header, IssuerSettings issuer) throws RejectedException {
    for (String refused : REFUSED) {
      if (header.has(refused)) {
        throw RejectedException.malformed("the token's header has a member that is not accepted");
      }
    }
    JsonNode type = header.path("typ");
    if (!type.isTextual() || !issuer.types().contains(IssuerSettings.bareType(type.textValue()))) {
      throw new RejectedException(RejectReason.BAD_TYPE, "the token is not an access token");
    }
    JsonNode algorithm = header.path("alg");
    if (!algorithm.isTextual() || !issuer.algorithms().contains(algorithm.textValue())) {
      throw new RejectedException(
          RejectReason.BAD_ALGORITHM, "the token's algorithm is not accepted");
    }
    return new KeyHint(keyId(header.path("kid")), algorithm.textValue());
  }

  private static @Nullable String keyId(JsonNode kid) throws RejectedException {
    if (kid.isMissingNode()) {
      return null;
    }
    if (!kid.isTextual()
        || kid.textValue().isEmpty()
        || kid.textValue().length() > KEY_ID_CHARS_MAX) {
      throw RejectedException.malformed("the token's kid is not a key id");
    }
    return kid.textValue();
  }
}
