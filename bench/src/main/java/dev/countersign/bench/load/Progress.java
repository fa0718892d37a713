// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

/**
 * What has become of the calls of a load so far.
 *
 * @param nanos when this was so, by {@link System#nanoTime}
 * @param answered right answers, refusals of denied calls among them
 * @param refused those that were refusals
 * @param turnedAway calls that were turned away for load
 * @param wrong answers that were not what the call had to get, and calls that got none
 */
public record Progress(long nanos, long answered, long refused, long turnedAway, long wrong) {}
