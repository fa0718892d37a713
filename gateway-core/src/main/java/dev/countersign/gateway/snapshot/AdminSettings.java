// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import java.net.InetSocketAddress;

/**
 * The admin listener: metrics, health, readiness, revision.
 *
 * @param address where to bind; loopback unless the operator says otherwise
 */
public record AdminSettings(InetSocketAddress address) {}
