// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * JSON-RPC 2.0 messages, read strictly: one message a body, no look-alike keys, no shape that two
 * readers could take for different things.
 *
 * <p>Entry: {@link dev.countersign.gateway.jsonrpc.RpcReader}. Knows the shape of MCP's envelopes
 * but not its methods. Any thread.
 */
@NullMarked
package dev.countersign.gateway.jsonrpc;

import org.jspecify.annotations.NullMarked;
