// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.catalogue.InputSchema;
import dev.countersign.gateway.catalogue.ToolSchemas;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a modern list of tools teaches before it is filtered: which arguments of a tool are mirrored
 * in headers.
 */
final class ListedTools {
  private static final Logger LOG = LoggerFactory.getLogger(ListedTools.class);

  private ListedTools() {}

  /**
   * Whose list of whose tools it is; belongs to no thread.
   *
   * @param schemas where what is learned of the server's tools is kept
   */
  record Asker(String callId, String server, CallerKey caller, ToolSchemas schemas) {
    static Asker of(Call call) {
      String server = call.route().server().name();
      return new Asker(call.id(), server, call.caller().key(), call.snapshot().toolSchemas(server));
    }
  }

  /**
   * Keeps what the list says, and names the tools that may not be offered because their mirrored
   * arguments make no sense: no client could call them as the protocol wants.
   *
   * @param shown how many entries of each name there are; a name that is there twice teaches
   *     nothing
   */
  static Set<String> learn(
      Asker asker, JsonValue result, JsonValue entries, Map<String, Integer> shown, Meters meters) {
    boolean shared = isPublic(result.member("cacheScope"));
    Duration fresh = ttl(result.member("ttlMs"));
    Set<String> unfit = new HashSet<>();
    for (JsonValue entry : entries.elements()) {
      JsonValue name = entry.member("name");
      if (name == null || shown.getOrDefault(name.text(), 0) != 1) {
        continue;
      }
      InputSchema.Reading reading = InputSchema.read(entry.member("inputSchema"));
      asker.schemas.learn(asker.caller, shared, name.text(), reading.bindings(), fresh);
      String fault = reading.fault();
      if (fault != null) {
        unfit.add(name.text());
        meters.toolUnfit();
        LOG.atWarn()
            .addKeyValue("call", asker.callId)
            .addKeyValue("server", asker.server)
            .addKeyValue("tool", name.text())
            .addKeyValue("fault", fault)
            .log("a tool is not offered");
      }
    }
    return unfit;
  }

  private static boolean isPublic(@Nullable JsonValue scope) {
    return scope != null && scope.kind() == JsonKind.STRING && scope.text().equals("public");
  }

  private static Duration ttl(@Nullable JsonValue millis) {
    return millis == null ? Duration.ZERO : Duration.ofMillis(millis.integer().orElse(0));
  }
}
