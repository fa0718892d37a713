// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What is open at the moment, on all loops together. Any thread.
 *
 * @param connections connections to servers
 * @param streams exchanges on connections that are shared
 */
record OpenCounts(AtomicInteger connections, AtomicInteger streams) {
  OpenCounts() {
    this(new AtomicInteger(), new AtomicInteger());
  }
}
