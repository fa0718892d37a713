// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.policy.TargetKind;
import org.jspecify.annotations.Nullable;

/**
 * A message from a client that the gateway governs, era-neutral from here on.
 *
 * @param era the era it was written in
 * @param method what it asks for
 * @param id null for notifications
 * @param params null when absent
 * @param kind what it is about
 * @param targetName the tool's or prompt's name or the resource's URI; null when the method has no
 *     target
 * @param arguments the arguments object of a tool call or prompt, or null
 * @param meta what it says about itself
 * @param body the bytes it came in
 */
public record McpMessage(
    Era era,
    McpMethod method,
    @Nullable RpcId id,
    @Nullable JsonValue params,
    TargetKind kind,
    @Nullable String targetName,
    @Nullable JsonValue arguments,
    RequestMeta meta,
    byte[] body) {}
