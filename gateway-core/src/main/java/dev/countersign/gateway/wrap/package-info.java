// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * One MCP client on standard input and output instead of many over HTTP: its lines become exchanges
 * of the one call line, and answers and events become lines.
 *
 * <p>Entry: {@link dev.countersign.gateway.wrap.StdioClient}. Knows nothing of servers; what it
 * knows of the protocol is what HTTP says in headers and pipes do not: sessions and mirrors.
 */
@NullMarked
package dev.countersign.gateway.wrap;

import org.jspecify.annotations.NullMarked;
