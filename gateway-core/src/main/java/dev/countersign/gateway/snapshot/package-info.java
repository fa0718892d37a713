// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Everything that can be reloaded, as one immutable value: {@link
 * dev.countersign.gateway.snapshot.Snapshot} is what is in force, {@link
 * dev.countersign.gateway.snapshot.GatewaySettings} is what the operator asked for.
 *
 * <p>Knows nothing of files or YAML. Values are immutable and may be read from any thread.
 */
@NullMarked
package dev.countersign.gateway.snapshot;

import org.jspecify.annotations.NullMarked;
