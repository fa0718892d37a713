// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.policy.Trigger;
import org.jspecify.annotations.Nullable;

/**
 * What led to a call.
 *
 * @param trigger why policy is asked about it
 * @param round how many times the request was made before
 * @param parent the id of the call that led to it, or null
 */
record CallOrigin(Trigger trigger, int round, @Nullable String parent) {
  /** A request that nothing led to. */
  static final CallOrigin FIRST = new CallOrigin(Trigger.REQUEST, 0, null);

  /** The same, led to by a call. */
  CallOrigin under(String call) {
    return new CallOrigin(trigger, round, call);
  }
}
