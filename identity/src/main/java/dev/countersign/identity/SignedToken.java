// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.util.Base64URL;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A compact JWS taken apart (RFC 7515 section 7.1); nothing in it is proved.
 *
 * @param header the protected header
 * @param claims the payload
 * @param signed the bytes the signature is over
 * @param signature the signature
 */
record SignedToken(ObjectNode header, ObjectNode claims, byte[] signed, Base64URL signature) {
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  static SignedToken parse(String token) throws RejectedException {
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (first <= 0
        || second <= first + 1
        || second == token.length() - 1
        || token.indexOf('.', second + 1) >= 0) {
      throw RejectedException.malformed("the token is not a signed JWT");
    }
    String signature = token.substring(second + 1);
    decode(signature);
    return new SignedToken(
        object(token.substring(0, first)),
        object(token.substring(first + 1, second)),
        token.substring(0, second).getBytes(StandardCharsets.US_ASCII),
        new Base64URL(signature));
  }

  private static ObjectNode object(String part) throws RejectedException {
    byte[] json = decode(part);
    try {
      return StrictJson.object(json);
    } catch (IOException e) {
      throw RejectedException.malformed("the token holds no strict JSON");
    }
  }

  /**
   * Base64url without padding (RFC 7515 section 2) and with zero spare bits: the platform's decoder
   * takes any, and then one token would have many spellings and many digests.
   */
  private static byte[] decode(String part) throws RejectedException {
    int spareBits = part.length() * 6 % 8;
    int last = ALPHABET.indexOf(part.charAt(part.length() - 1));
    if (spareBits == 6 || last < 0 || (last & ((1 << spareBits) - 1)) != 0) {
      throw RejectedException.malformed("the token is not base64url");
    }
    try {
      return Base64.getUrlDecoder().decode(part);
    } catch (IllegalArgumentException e) {
      throw RejectedException.malformed("the token is not base64url");
    }
  }
}
