// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

/**
 * What has become of the calls of a load so far.
 *
 * @param nanos when this was so, by {@link System#nanoTime}
 * @param answered answers, wrong ones among them
 * @param refused right answers that were refusals
 * @param wrong answers that were not what the call had to get, and calls that got none
 */
public record Progress(long nanos, long answered, long refused, long wrong) {}
