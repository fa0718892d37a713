// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/**
 * What a request is about; {@code SERVER} when it has no target of its own. In lower case on the
 * wire.
 */
public enum TargetKind {
  SERVER,
  TOOL,
  RESOURCE,
  RESOURCE_TEMPLATE,
  PROMPT
}
