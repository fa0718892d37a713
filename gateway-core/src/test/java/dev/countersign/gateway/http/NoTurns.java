// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/** Of a loop that always has time. */
final class NoTurns implements Turns {
  @Override
  public long count() {
    return 0;
  }

  @Override
  public long shortestNanos() {
    return 0;
  }

  @Override
  public double busy() {
    return 0;
  }
}
