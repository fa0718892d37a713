// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Tool servers that speak the transport of MCP 2024-11-05, "HTTP with SSE": one stream for all that
 * the server says, and an address, named on it, where it is told things. Presented to the call line
 * as if they were Streamable HTTP servers.
 *
 * <p>Entry: {@link dev.countersign.gateway.httpsse.HttpSseServers}. A session is one stream, which
 * lives on the event loop of the call that opened it; what comes on it is handed to the loop of the
 * call it belongs to. Knows nothing of Netty.
 */
@NullMarked
package dev.countersign.gateway.httpsse;

import org.jspecify.annotations.NullMarked;
