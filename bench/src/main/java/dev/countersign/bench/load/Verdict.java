// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

/** What an answer is. */
enum Verdict {
  /** The result that was to come. */
  RESULT,
  /** The refusal that was to come. */
  REFUSED,
  /** Turned away for load, under the call's id. */
  TURNED_AWAY,
  /** Anything else. */
  WRONG
}
