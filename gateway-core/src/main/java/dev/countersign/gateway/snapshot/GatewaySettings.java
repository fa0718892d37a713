// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import dev.countersign.audit.AuditSettings;
import dev.countersign.identity.IdentitySettings;
import dev.countersign.policy.Grant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All settings of one gateway, already validated. Built by the config module only; see the
 * generated reference for what each means to an operator.
 *
 * @param node the name this gateway gives itself in records, logs and policy input
 * @param listen the address MCP clients talk to; its address and TLS files' paths are fixed at
 *     start
 * @param limits bounds and time-outs
 * @param identity how callers prove who they are
 * @param servers tool servers by name, in the file's order
 * @param federated the names of the servers that are also reached together at {@code /mcp}; empty
 *     when none are
 * @param grants what callers may do, in the file's order
 * @param state the keys under what clients are given to give back
 * @param audit where records go; fixed at start
 * @param admin the address of metrics and health; fixed at start
 * @param revision short digest of the settings' text; names them in records and logs
 */
public record GatewaySettings(
    String node,
    ListenSettings listen,
    LimitSettings limits,
    IdentitySettings identity,
    Map<String, ServerSettings> servers,
    List<String> federated,
    List<Grant> grants,
    StateSettings state,
    AuditSettings audit,
    AdminSettings admin,
    String revision) {
  public GatewaySettings {
    servers = Collections.unmodifiableMap(new LinkedHashMap<>(servers));
    federated = List.copyOf(federated);
    grants = List.copyOf(grants);
  }
}
