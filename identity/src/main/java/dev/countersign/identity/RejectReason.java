// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/** Why a credential is not accepted; a closed set, used as a metric label. */
public enum RejectReason {
  MALFORMED,
  UNSUPPORTED_SCHEME,
  TOO_LARGE,
  UNKNOWN_ISSUER,
  BAD_TYPE,
  BAD_ALGORITHM,
  UNKNOWN_KEY,
  BAD_SIGNATURE,
  EXPIRED,
  NOT_YET_VALID,
  WRONG_AUDIENCE,
  MISSING_CLAIM,
  BAD_CLAIM,
  BOUND_TOKEN
}
