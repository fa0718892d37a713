// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.policy.TargetKind;

/**
 * What policy is asked about a question.
 *
 * @param kind sampling, elicitation or roots
 * @param name createMessage, form, url/ and a host, or list
 */
public record InputTarget(TargetKind kind, String name) {
  static final InputTarget SAMPLING = new InputTarget(TargetKind.SAMPLING, "createMessage");
  static final InputTarget FORM = new InputTarget(TargetKind.ELICITATION, "form");

  /** What policy is asked about the client's folders. */
  public static final InputTarget ROOTS = new InputTarget(TargetKind.ROOTS, "list");

  static InputTarget url(String host) {
    return new InputTarget(TargetKind.ELICITATION, "url/" + host);
  }
}
