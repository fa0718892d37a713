// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * What is measured: {@link dev.countersign.gateway.telemetry.Meters} is the only class that names
 * metrics; {@code docs/metrics.md} lists them.
 *
 * <p>Knows nothing of Netty. Any thread; nothing here blocks.
 */
@NullMarked
package dev.countersign.gateway.telemetry;

import org.jspecify.annotations.NullMarked;
