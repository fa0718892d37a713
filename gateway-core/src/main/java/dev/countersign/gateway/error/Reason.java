// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.error;

import java.util.Locale;

/**
 * The catalogue of errors. A number, once given, is never used for anything else; {@code
 * docs/errors.md} lists them all.
 *
 * <p>Codes: where JSON-RPC or MCP name a code for the case it is used; the gateway's own numbers
 * are positive, outside the range that JSON-RPC reserves.
 */
public enum Reason {
  HOST_NOT_ALLOWED(
      1001, Family.REFUSED, 403, 403, 1001, "the Host header names no host of this gateway"),
  ORIGIN_NOT_ALLOWED(1002, Family.REFUSED, 403, 403, 1002, "this origin may not use the gateway"),
  PATH_UNKNOWN(1003, Family.REFUSED, 404, 404, 1003, "there is nothing at this path"),
  METHOD_NOT_ALLOWED(1004, Family.REFUSED, 405, 405, 1004, "this HTTP method is not served here"),
  NOT_ACCEPTABLE(
      1005,
      Family.REFUSED,
      406,
      406,
      1005,
      "Accept must list application/json and text/event-stream"),
  MEDIA_TYPE(
      1006,
      Family.REFUSED,
      415,
      415,
      1006,
      "the body must be application/json in UTF-8 without a content coding"),
  BODY_TOO_LARGE(1007, Family.REFUSED, 413, 413, 1007, "the body is over the limit"),
  BODY_TIMEOUT(1008, Family.REFUSED, 408, 408, 1008, "the body did not arrive in time"),
  BODY_FRAMING(1009, Family.REFUSED, 400, 400, 1009, "the body is not well framed"),
  UNAUTHENTICATED(1010, Family.REFUSED, 401, 401, 1010, "a credential is needed"),
  CREDENTIAL_REJECTED(1011, Family.REFUSED, 401, 401, 1011, "the credential was not accepted"),
  IDENTITY_UNAVAILABLE(
      1012, Family.UNAVAILABLE, 503, 503, 1012, "credentials cannot be checked at the moment"),
  PARSE_ERROR(1013, Family.REFUSED, 400, 400, -32700, "the body is not strict JSON"),
  INVALID_REQUEST(
      1014,
      Family.REFUSED,
      400,
      400,
      -32600,
      "the body is not one JSON-RPC message that is taken here"),
  META_INVALID(
      1015, Family.REFUSED, 400, 400, -32602, "a required _meta field is missing or malformed"),
  HEADER_MISMATCH(1016, Family.REFUSED, 400, 400, -32020, "a header and the body disagree"),
  VERSION_NOT_SERVED(1017, Family.REFUSED, 400, 400, -32022, "this protocol version is not served"),
  METHOD_NOT_SERVED(1018, Family.REFUSED, 404, 200, -32601, "this method is not served"),
  PARAMS_INVALID(1019, Family.REFUSED, 200, 200, -32602, "the parameters are not valid"),
  NUMBER_NOT_EXACT(
      1020, Family.REFUSED, 400, 400, -32602, "a number would not survive as a double"),
  CREDENTIAL_IN_MESSAGE(
      1021, Family.REFUSED, 200, 200, 1021, "the message holds the caller's own credential"),
  SESSION_REQUIRED(1022, Family.REFUSED, 400, 400, -32600, "the Mcp-Session-Id header is missing"),
  SESSION_UNKNOWN(1023, Family.REFUSED, 404, 404, -32600, "no such session"),
  SESSION_LIMIT(1024, Family.REFUSED, 429, 429, 1024, "the bound on sessions is reached"),
  STREAM_LIMIT(
      1025, Family.REFUSED, 429, 429, 1025, "the bound on streams of this session is reached"),
  CALL_LIMIT(1026, Family.REFUSED, 429, 429, 1026, "the bound on calls in flight is reached"),
  ID_IN_FLIGHT(1027, Family.REFUSED, 400, 400, -32600, "a request with this id is in flight"),
  TARGET_UNKNOWN(1028, Family.REFUSED, 200, 200, -32602, "unknown target"),
  RESOURCE_UNKNOWN(1042, Family.REFUSED, 200, 200, -32002, "unknown resource"),
  POLICY_REFUSED(1029, Family.REFUSED, 200, 200, 1029, "refused by policy"),
  APPROVAL_NEEDED(
      1030,
      Family.REFUSED,
      200,
      200,
      1030,
      "policy asks for a person's approval, and this gateway cannot obtain one"),
  STEP_UP_NEEDED(
      1031, Family.REFUSED, 403, 403, 1031, "the credential's scope is too small for this"),
  POLICY_INDETERMINATE(1032, Family.UNAVAILABLE, 200, 200, -32603, "policy could not be evaluated"),
  AUDIT_UNAVAILABLE(1033, Family.UNAVAILABLE, 503, 503, -32603, "the call cannot be recorded"),
  UPSTREAM_UNAVAILABLE(1034, Family.UNAVAILABLE, 200, 200, -32603, "the server cannot be reached"),
  UPSTREAM_TIMEOUT(1035, Family.UNAVAILABLE, 200, 200, -32603, "the server did not answer in time"),
  UPSTREAM_BAD_REPLY(
      1036, Family.UNAVAILABLE, 200, 200, -32603, "the server's reply was not acceptable"),
  UPSTREAM_CREDENTIAL(
      1037,
      Family.UNAVAILABLE,
      200,
      200,
      -32603,
      "the server did not accept the gateway's credential"),
  INPUT_REQUEST_REFUSED(
      1038,
      Family.REFUSED,
      200,
      200,
      1038,
      "the server asked the client for input, which policy does not permit"),
  ERA_NOT_SERVED(
      1039, Family.REFUSED, 400, 400, -32600, "the server does not speak this era of the protocol"),
  DRAINING(1040, Family.UNAVAILABLE, 503, 503, -32603, "the gateway is stopping"),
  OBLIGATION_UNMET(
      1043,
      Family.UNAVAILABLE,
      200,
      200,
      -32603,
      "policy demands something that this gateway cannot do"),
  OVERLOADED(
      1044,
      Family.UNAVAILABLE,
      503,
      503,
      -32603,
      "too much is in memory at the moment; try again later"),
  BUSY(
      1055,
      Family.UNAVAILABLE,
      503,
      503,
      -32603,
      "more calls come in than can be worked on; try again later"),
  SUBSCRIPTION_LIMIT(
      1051,
      Family.REFUSED,
      200,
      200,
      1051,
      "the bound on subscriptions of this session is reached"),
  TASK_LIMIT(1054, Family.REFUSED, 200, 200, 1054, "the bound on tasks is reached"),
  EVENT_UNKNOWN(
      1052, Family.REFUSED, 400, 400, -32600, "Last-Event-ID is none of an event of this session"),
  STREAM_TAKEN(1053, Family.REFUSED, 409, 409, 1053, "the server has such a stream open already"),
  REQUEST_STATE_INVALID(1050, Family.REFUSED, 200, 200, -32602, "Invalid or expired requestState"),
  CLIENT_LEFT(1045, Family.REFUSED, 400, 400, 1045, "the client left before its request was whole"),
  INTERNAL(1099, Family.BUG, 500, 500, -32603, "internal error");

  /** Who has to act. */
  public enum Family {
    /** An expected answer: the caller asked for something it may not have or asked wrongly. */
    REFUSED,
    /** The world failed: a server, a key source, the disk. */
    UNAVAILABLE,
    /** We failed. */
    BUG
  }

  private final int number;
  private final Family family;
  private final int modernStatus;
  private final int legacyStatus;
  private final int code;
  private final String text;

  Reason(int number, Family family, int modernStatus, int legacyStatus, int code, String text) {
    this.number = number;
    this.family = family;
    this.modernStatus = modernStatus;
    this.legacyStatus = legacyStatus;
    this.code = code;
    this.text = text;
  }

  /** The catalogue's number. */
  public int number() {
    return number;
  }

  /** Who has to act. */
  public Family family() {
    return family;
  }

  /** The HTTP status of the answer. */
  public int status(boolean modern) {
    return modern ? modernStatus : legacyStatus;
  }

  /** The JSON-RPC error code. */
  public int code() {
    return code;
  }

  /** What a caller is told; says nothing about what is behind the gateway. */
  public String text() {
    return text;
  }

  /** The name in records, logs, metrics and {@code data.reason}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
