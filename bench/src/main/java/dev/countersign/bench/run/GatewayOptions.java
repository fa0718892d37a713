// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.nio.file.Path;
import java.util.Map;

/**
 * What a gateway under test is given.
 *
 * @param port where it listens; 0 for any free one
 * @param audit its log's directory
 * @param issuer whose tokens it takes
 * @param serverPort where the tool server is
 * @param servers names of routes to the path of the tool server behind each
 * @param grants how many grants there are; only one of them is about the callers of the bench
 * @param tokensRemembered verified tokens that are remembered
 * @param bounded whether the bounds that keep callers apart stay as they are delivered
 */
record GatewayOptions(
    int port,
    Path audit,
    String issuer,
    int serverPort,
    Map<String, String> servers,
    int grants,
    int tokensRemembered,
    boolean bounded) {
  static final String NODE = "bench";

  private static final String BOUNDED = "loop_turn: " + Gateways.Kind.LOOP_TURN + ", ";

  private static final String RAISED =
      "loop_turn: 1m, calls_per_caller: 20000, sessions_per_caller: 20000,"
          + " upstream_connections: 4096, streams_per_connection: 1000, ";

  GatewayOptions {
    servers = Map.copyOf(servers);
  }

  /** The settings file. Bounds that only keep callers apart are raised; nothing is turned off. */
  String yaml() {
    StringBuilder yaml =
        new StringBuilder(
            """
            node: %s
            listen: {address: "127.0.0.1:%d", event_loops: 1, http2_cleartext: true}
            identity: {issuers: [{name: bench, issuer: "%s"}], token_cache: {entries: %d}}
            limits: {%skeep_alive: 1h, connection_idle: 1h}
            audit: {directory: "%s"}
            admin: {address: "127.0.0.1:0"}
            servers:
            """
                .formatted(
                    NODE, port, issuer, tokensRemembered, bounded ? BOUNDED : RAISED, audit));
    servers.forEach(
        (server, path) ->
            yaml.append("  ")
                .append(server)
                .append(": {url: \"http://127.0.0.1:")
                .append(serverPort)
                .append(path)
                .append("\", effects: {\"read_*\": read, \"write_*\": write}}\n"));
    yaml.append("policy:\n  grants:\n");
    for (int i = 1; i < grants; i++) {
      yaml.append(
          "  - {name: other-%d, caller: \"oidc:bench:other-%d-*\", allow: [\"notes/read_%d_*\"]}\n"
              .formatted(i, i, i));
    }
    yaml.append("  - {name: bench, caller: \"oidc:bench:*\", allow: [");
    String separator = "";
    for (String server : servers.keySet()) {
      yaml.append(separator).append("\"%s/read_*\", \"%s/write_*\"".formatted(server, server));
      separator = ", ";
    }
    return yaml.append("]}\n").toString();
  }
}
