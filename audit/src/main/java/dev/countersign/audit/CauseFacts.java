// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import org.jspecify.annotations.Nullable;

/**
 * What led to a decision, and which way the message goes that it is about.
 *
 * @param trigger why policy was asked, in the word of the policy input
 * @param direction which way it goes
 * @param round how many times the request was made before, from 0
 * @param parent the call that led to this one, or null
 */
public record CauseFacts(String trigger, Direction direction, int round, @Nullable String parent) {
  /** Which way a message goes through the gateway. */
  public enum Direction {
    /** From a client: a request, or an answer to what the server asked. */
    TO_SERVER,
    /** From a server, which asks something of the client. */
    TO_CLIENT
  }
}
