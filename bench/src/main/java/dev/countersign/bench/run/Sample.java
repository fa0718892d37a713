// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

/**
 * One row in one round. Times in microseconds.
 *
 * @param cpu of all of the measured process's threads, per call
 * @param perSecond answers
 * @param p50 latency from when the call was due
 * @param p99 the same
 * @param answered right answers, those before and after the time measured, too
 * @param turnedAway answers that turned the call away for load
 * @param wrong answers of any other kind, and calls without one
 */
record Sample(
    double cpu,
    double perSecond,
    double p50,
    double p99,
    long answered,
    long turnedAway,
    long wrong) {}
