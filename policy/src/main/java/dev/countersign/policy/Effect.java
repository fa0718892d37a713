// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/**
 * What a target does to the world, by the operator's word and never by the server's: {@code
 * target.effect} of the policy input.
 */
public enum Effect {
  /** Changes nothing. */
  READ("read"),
  /** Changes something. */
  WRITE("write"),
  /** Changes something for good. */
  DESTRUCTIVE("destructive"),
  /** Carries something out of the house. */
  EGRESS("egress");

  private final String wire;

  Effect(String wire) {
    this.wire = wire;
  }

  /** The word in the policy input and in grants. */
  public String wire() {
    return wire;
  }
}
