// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The Model Context Protocol in its two eras: which messages there are, which era one belongs to,
 * whether headers and body agree, and what of a message is rewritten on the way.
 *
 * <p>Knows nothing of Netty, policy or upstreams. Pure functions over parsed messages; any thread.
 */
@NullMarked
package dev.countersign.gateway.mcp;

import org.jspecify.annotations.NullMarked;
