// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/** Why policy is asked: {@code call.trigger} of the policy input. */
public enum Trigger {
  /** A request arrived. */
  REQUEST("request"),
  /** A later round of a request whose earlier ones asked for more input. */
  RETRY("retry"),
  /** The server asks something of the client. */
  INPUT_REQUEST("input_request"),
  /** The client answers what the server asked. */
  INPUT_RESPONSE("input_response"),
  /** A task is opened or looked after. */
  TASK("task"),
  /** The settings or the context of something under way changed. */
  RECHECK("recheck"),
  /** May the target be shown in a list: asked without arguments, and no permit to call it. */
  LIST("list");

  private final String wire;

  Trigger(String wire) {
    this.wire = wire;
  }

  /** The word in the policy input. */
  public String wire() {
    return wire;
  }
}
