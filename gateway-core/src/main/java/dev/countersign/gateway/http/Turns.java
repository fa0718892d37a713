// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/**
 * The turns of one event loop: it waits for something to come in, goes through all that has, and
 * then through what that led to. How long the last two take is how long whatever comes in meanwhile
 * waits before anybody looks at it. Confined to the loop.
 */
public interface Turns {
  /** How many there have been; another number is another turn. */
  long count();

  /**
   * The shortest of at least the last five turns and of at least the last 100 ms, in nanoseconds; 0
   * when the loop had time to wait. Starts, bursts and collections of garbage make long turns, but
   * not one after the other: when none is short, more comes in than the loop can work on.
   */
  long shortestNanos();

  /** How much of about the last half second the loop was at work, 0 to 1. */
  double busy();
}
