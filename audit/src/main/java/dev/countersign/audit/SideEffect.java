// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/** Whether the server may have changed something; in lower case in the log. */
public enum SideEffect {
  /** Nothing reached the server, or the target only reads. */
  NONE,
  /** The server answered that it did what was asked. */
  DONE,
  /** The call was sent, and what it did is not known. */
  UNKNOWN
}
