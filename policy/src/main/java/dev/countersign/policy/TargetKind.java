// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/** What a request is about: {@code target.kind} of the policy input. */
public enum TargetKind {
  /** The server as a whole: greetings, pings and lists, which have no target of their own. */
  SERVER("server"),
  /** A tool. */
  TOOL("tool"),
  /** A resource, named by its URI. */
  RESOURCE("resource"),
  /** A resource template, named by its text. */
  RESOURCE_TEMPLATE("resource_template"),
  /** A prompt. */
  PROMPT("prompt");

  private final String wire;

  TargetKind(String wire) {
    this.wire = wire;
  }

  /** The word in the policy input. */
  public String wire() {
    return wire;
  }
}
