// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

/**
 * Why no whole reply came.
 *
 * @param kind what happened
 * @param dispatched whether any byte of the request may have reached the server
 * @param detail for logs and records; never shown to a caller
 */
public record UpstreamFailure(Kind kind, boolean dispatched, String detail) {
  /** What happened. */
  public enum Kind {
    /** No connection, or it broke. */
    UNREACHABLE,
    /** A bound on connections is reached. */
    BUSY,
    /** The head of the reply did not come in time. */
    HEAD_TIMEOUT,
    /** What came is not HTTP as it should be. */
    BAD_REPLY
  }
}
