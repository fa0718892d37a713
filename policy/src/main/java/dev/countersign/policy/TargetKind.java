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
  PROMPT("prompt"),
  /** The server wants the client's model to write something; named {@code createMessage}. */
  SAMPLING("sampling"),
  /** The server wants to ask the client's user; named {@code form}, or {@code url/} and a host. */
  ELICITATION("elicitation"),
  /** The server wants to know the client's folders; named {@code list}. */
  ROOTS("roots"),
  /** A tool's work that goes on after its call, named by the tool. */
  TASK("task");

  private final String wire;

  TargetKind(String wire) {
    this.wire = wire;
  }

  /** The word in the policy input. */
  public String wire() {
    return wire;
  }
}
