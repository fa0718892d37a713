// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.rounds;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of a request that has to come again with answers.
 *
 * @param first the id of the call that began it
 * @param round how many times it was asked before it comes again; 1 for the first time
 * @param asked what the client was asked
 * @param declined what the gateway answers in the client's place, because policy refused it
 * @param inner the server's own state, as the JSON string it was, or null when it gave none
 */
public record RequestState(
    String first, int round, List<Asked> asked, List<Declined> declined, @Nullable String inner) {
  public RequestState {
    asked = List.copyOf(asked);
    declined = List.copyOf(declined);
  }

  /**
   * A question to the client.
   *
   * @param key the server's name for it
   * @param method what it is asked with
   * @param params as much of its parameters as an answer is checked against, as JSON; or null
   */
  public record Asked(String key, String method, @Nullable String params) {}

  /**
   * A question that the client never saw.
   *
   * @param key the server's name for it
   * @param method what it was asked with
   */
  public record Declined(String key, String method) {}
}
