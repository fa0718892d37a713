// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

/**
 * A goal and what was measured of it.
 *
 * @param goal its number
 * @param what it is about
 * @param target in words
 * @param measured in words
 * @param met whether the one is within the other
 */
record Figure(String goal, String what, String target, String measured, boolean met) {}
