// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import java.util.Set;

/**
 * The operator's bounds on what one server may ask of clients, beside policy.
 *
 * @param elicitationHosts hosts that users may be sent to, lower case; none by default
 * @param includeContext whether a sampling may ask for what the client knows from other servers
 * @param samplingTokensMax what {@code maxTokens} of a sampling is cut to
 * @param samplingMessagesMax messages of a sampling
 * @param questionBytesMax a question's parameters, and an answer
 */
public record InputRules(
    Set<String> elicitationHosts,
    boolean includeContext,
    int samplingTokensMax,
    int samplingMessagesMax,
    int questionBytesMax) {
  /** What holds where the operator says nothing. */
  public static final InputRules DEFAULTS = new InputRules(Set.of(), false, 4096, 64, 256 << 10);

  public InputRules {
    elicitationHosts = Set.copyOf(elicitationHosts);
  }
}
