// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The life of one call, from its head to its last record.
 *
 * <p>Entry: {@link dev.countersign.gateway.call.CallLine}, whose one method names every step in
 * order. Each other class is one step. Knows nothing of Netty. Everything runs on the event loop of
 * the client's connection; a step that must wait answers a future.
 */
@NullMarked
package dev.countersign.gateway.call;

import org.jspecify.annotations.NullMarked;
