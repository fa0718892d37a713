// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/** Why a credential is rejected; a closed set, used as a metric label and in challenges. */
public enum RejectReason {
  /** Not {@code Bearer} and one token, or the token is not a compact JWS of strict JSON objects. */
  MALFORMED,
  /** Another scheme than {@code Bearer}. */
  UNSUPPORTED_SCHEME,
  /** Longer than {@link IdentitySettings#tokenBytesMax()}; not looked at. */
  TOO_LARGE,
  /** Its {@code iss} is not, exactly, one of the configured issuers. */
  UNKNOWN_ISSUER,
  /** Its {@code typ} is not one the issuer's entry accepts, as that of an ID token. */
  BAD_TYPE,
  /** Its {@code alg} is not one the issuer's entry accepts, or not one of the key it names. */
  BAD_ALGORITHM,
  /** The issuer has no key of that {@code kid}, or no single one that fits. */
  UNKNOWN_KEY,
  /** Too many tokens with unknown keys wait for a fetch of that issuer already. */
  KEY_RATE_LIMITED,
  /** The signature does not verify. */
  BAD_SIGNATURE,
  /** After its {@code exp}. */
  EXPIRED,
  /** Before its {@code nbf} or {@code iat}. */
  NOT_YET_VALID,
  /** Not for this resource, or for others besides. */
  WRONG_AUDIENCE,
  /** One of {@code iss sub aud exp iat} is not there. */
  MISSING_CLAIM,
  /** A claim is of the wrong type, over its bound, unfit as a name, or contradicts another. */
  BAD_CLAIM,
  /** Bound to a key by {@code cnf} and sent without the proof of that key. */
  BOUND_TOKEN
}
