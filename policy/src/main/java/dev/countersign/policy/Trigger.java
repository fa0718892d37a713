// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/** Why policy is asked. In lower case on the wire. */
public enum Trigger {
  REQUEST,
  RETRY,
  INPUT_REQUEST,
  INPUT_RESPONSE,
  TASK,
  RECHECK,
  LIST
}
