// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.json.CanonicalJson;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.ExposedNames;
import dev.countersign.gateway.mcp.McpMethod;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * One list of several servers' lists: their entries in the order of the settings and then of each
 * server, under exposed names. A page holds the next page of each server that has one.
 */
final class MergedList {
  private final McpMethod.Listing listing;
  private final ByteArrayOutputStream entries = new ByteArrayOutputStream(4096);
  private final Map<String, String> cursors = new LinkedHashMap<>();
  private long ttlMillis = Long.MAX_VALUE;
  private boolean any;

  private MergedList(McpMethod.Listing listing) {
    this.listing = listing;
  }

  /**
   * Puts the pages of several servers together. Any thread.
   *
   * @param idJson the id of the client's request
   * @return the answer's result
   * @throws RefusedException when no server answered with a list
   */
  static Answer answer(
      String idJson, boolean modern, McpMethod.Listing listing, List<FanOut.Said> said) {
    MergedList merged = new MergedList(listing);
    for (FanOut.Said one : said) {
      JsonValue result = one.result();
      if (result != null) {
        merged.add(one.server(), result);
      } else if (!one.hidden()) {
        merged.lacks();
      }
    }
    if (!merged.any) {
      return said.stream()
          .filter(one -> one.answer().body().length > 0)
          .findFirst()
          .map(FanOut.Said::answer)
          .orElseThrow(() -> RefusedException.of(Reason.UPSTREAM_UNAVAILABLE));
    }
    return MessageStep.result(idJson, merged.result(modern));
  }

  /** What one of them may have tomorrow is not there today: nobody keeps such a list. */
  private void lacks() {
    ttlMillis = 0;
  }

  private void add(String server, JsonValue result) {
    JsonValue list = result.member(listing.member());
    if (list == null || list.kind() != JsonKind.ARRAY) {
      lacks();
      return;
    }
    any = true;
    for (JsonValue entry : list.elements()) {
      if (entries.size() > 0) {
        entries.write(',');
      }
      entries.writeBytes(ExposedNames.entry(listing, server, entry));
    }
    JsonValue next = result.member("nextCursor");
    if (next != null && next.kind() == JsonKind.STRING) {
      cursors.put(server, next.text());
    }
    JsonValue ttl = result.member("ttlMs");
    OptionalLong millis =
        ttl == null || ttl.kind() != JsonKind.NUMBER ? OptionalLong.empty() : ttl.integer();
    ttlMillis = Math.min(ttlMillis, Math.max(0, millis.orElse(0)));
  }

  private String result(boolean modern) {
    StringBuilder json = new StringBuilder(entries.size() + 128).append('{');
    if (modern) {
      // What one caller may see of several servers is for nobody else (MCP 2026-07-28, Caching).
      json.append("\"resultType\":\"complete\",\"cacheScope\":\"private\",\"ttlMs\":")
          .append(ttlMillis)
          .append(',');
    }
    json.append(CanonicalJson.quoted(listing.member()))
        .append(":[")
        .append(entries.toString(StandardCharsets.UTF_8))
        .append(']');
    if (!cursors.isEmpty()) {
      json.append(",\"nextCursor\":").append(CanonicalJson.quoted(MergedCursor.of(cursors).text()));
    }
    return json.append('}').toString();
  }
}
