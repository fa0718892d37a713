// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.LoadGenerator;
import java.net.InetSocketAddress;

/**
 * One thing that is measured in one way.
 *
 * @param name unique in its group
 * @param target where the load goes
 * @param measured whose CPU time counts
 * @param shape the load
 */
record Row(String name, InetSocketAddress target, Child measured, LoadGenerator.Shape shape) {}
