// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/** When the record of a permit must be on disk. In lower case on the wire. */
public enum Durability {
  BEFORE_FORWARD,
  BEFORE_RELEASE
}
