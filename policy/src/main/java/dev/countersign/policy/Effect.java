// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/** What a tool does to the world, by the operator's word. In lower case on the wire. */
public enum Effect {
  READ,
  WRITE,
  DESTRUCTIVE,
  EGRESS
}
