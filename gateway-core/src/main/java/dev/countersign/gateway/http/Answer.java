// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.util.List;

/**
 * A whole answer. {@code Content-Length}, {@code Date} and {@code Connection} are added when it is
 * written.
 *
 * @param status HTTP status, 200 to 599
 * @param headers in order
 * @param body may be empty; not changed after it was handed over
 */
public record Answer(int status, List<Header> headers, byte[] body) {
  private static final byte[] NOTHING = {};

  public Answer {
    headers = List.copyOf(headers);
  }

  /** An answer without a body. */
  public static Answer empty(int status, Header... headers) {
    return new Answer(status, List.of(headers), NOTHING);
  }
}
