// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Tool servers that are programs of this machine: started, supervised and stopped here, spoken to
 * over standard input and output (MCP "stdio": one JSON-RPC message a line), and presented to the
 * call line as if they were Streamable HTTP servers.
 *
 * <p>Entry: {@link dev.countersign.gateway.stdio.StdioServers}. Pipes block, so every pipe has a
 * thread of its own; what comes out of one is handed to the loop of the call it belongs to, through
 * a bounded mailbox. Knows nothing of Netty.
 */
@NullMarked
package dev.countersign.gateway.stdio;

import org.jspecify.annotations.NullMarked;
