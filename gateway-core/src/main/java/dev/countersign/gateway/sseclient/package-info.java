// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Clients that speak the transport of MCP 2024-11-05, "HTTP with SSE": a stream for all that the
 * client is told, and an address of its own where it posts. Each message goes down the call line as
 * a request of its own, in the session that the stream stands for.
 *
 * <p>Entry: {@link dev.countersign.gateway.sseclient.SseClients}. A client is confined to the loop
 * of its stream's connection; what is posted on others is handed over to it. Knows nothing of
 * Netty.
 */
@NullMarked
package dev.countersign.gateway.sseclient;

import org.jspecify.annotations.NullMarked;
