// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/** How a permitted call ended; in lower case in the log. */
public enum OutcomeResult {
  /** The server's result went to the client. */
  ANSWERED,
  /** The server's error went to the client. */
  ERROR_ANSWERED,
  /** What the server sent could not be accepted. */
  BAD_REPLY,
  /** The server could not be reached, or broke off. */
  UPSTREAM_UNAVAILABLE,
  /** No answer in time. */
  TIMEOUT,
  /** The client left or cancelled. */
  CLIENT_GONE,
  /** There was an answer, and the client was not given it. */
  WITHHELD,
  /** Nothing was sent to the server. */
  NOT_DISPATCHED,
  /** The gateway stopped before it knew. */
  UNKNOWN
}
