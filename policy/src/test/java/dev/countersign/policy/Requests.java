// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Access requests for tests. */
public final class Requests {
  private Requests() {}

  /** For a tool that nobody has labelled. */
  public static AccessRequest tool(String caller, String server, String name) {
    return of(caller, server, TargetKind.TOOL, name, null);
  }

  /** For anything, with as little around it as there can be. */
  public static AccessRequest of(
      String caller, String server, TargetKind kind, String name, @Nullable Effect effect) {
    return with(caller, server, kind, name, effect, Trigger.REQUEST, null);
  }

  /** With arguments. */
  public static AccessRequest with(
      String caller,
      String server,
      TargetKind kind,
      String name,
      @Nullable Effect effect,
      Trigger trigger,
      byte @Nullable [] arguments) {
    return new AccessRequest(
        new AccessRequest.Call("call-1", "tools/call", "2026-07-28", trigger, 0, null),
        new AccessRequest.Caller(
            caller, "oidc", "https://idp", "s", null, null, "bearer", List.of(), null, List.of()),
        new AccessRequest.Session(null, -1, -1),
        null,
        new AccessRequest.Server(server, "https://server.example/mcp", null),
        new AccessRequest.Target(kind, name, false, null, effect, Map.of()),
        arguments == null ? null : AccessRequest.Arguments.of(arguments),
        new AccessRequest.Context(Instant.EPOCH, null, "gw-1", "r1"));
  }
}
