// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

/**
 * One row in one round. Times in microseconds.
 *
 * @param cpu of all of the measured process's threads, per call
 * @param perSecond answers
 * @param p50 latency from when the call was due
 * @param p99 the same
 * @param answered answers that were looked at, those before and after the time measured, too
 * @param wrong of them
 */
record Sample(double cpu, double perSecond, double p50, double p99, long answered, long wrong) {}
