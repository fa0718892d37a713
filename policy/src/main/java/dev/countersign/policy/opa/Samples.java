// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Grant;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Requests to warm a policy with: some that grants cover, some that they do not. */
final class Samples {
  private static final int GRANTS_MAX = 64;

  private Samples() {}

  /** At least one. */
  static List<AccessRequest> of(List<Grant> grants) {
    List<AccessRequest> samples = new ArrayList<>();
    for (Grant grant : grants.subList(0, Math.min(GRANTS_MAX, grants.size()))) {
      String caller = matching(grant.callers().getFirst());
      for (List<String> targets : List.of(grant.allow(), grant.approve(), grant.deny())) {
        if (!targets.isEmpty()) {
          add(samples, caller, matching(targets.getFirst()));
        }
      }
    }
    add(samples, "spiffe://nowhere.invalid/warm", "nowhere/nothing");
    return List.copyOf(samples);
  }

  private static String matching(String pattern) {
    return pattern.replace("**", "a").replace("*", "a");
  }

  private static void add(List<AccessRequest> samples, String caller, String target) {
    TargetKind kind = TargetKind.TOOL;
    String named = target;
    for (TargetKind prefixed : List.of(TargetKind.RESOURCE, TargetKind.PROMPT)) {
      String prefix = prefixed.wire() + ":";
      if (target.startsWith(prefix)) {
        kind = prefixed;
        named = target.substring(prefix.length());
      }
    }
    int slash = named.indexOf('/');
    String server = named.substring(0, slash);
    samples.add(request(caller, server, kind, named.substring(slash + 1), Effect.READ));
    samples.add(request(caller, server, kind, "warm", null));
    samples.add(request(caller, server, TargetKind.SERVER, server, null));
  }

  private static AccessRequest request(
      String caller, String server, TargetKind kind, String name, @Nullable Effect effect) {
    return new AccessRequest(
        new AccessRequest.Call("warm", "tools/call", "2026-07-28", Trigger.REQUEST, 0, null),
        new AccessRequest.Caller(
            caller, "none", "none", caller, null, null, "none", List.of(), null, List.of()),
        new AccessRequest.Session(null, -1, -1),
        null,
        new AccessRequest.Server(server, "http://nowhere.invalid/", null),
        new AccessRequest.Target(kind, name, false, null, effect, Map.of()),
        null,
        new AccessRequest.Context(Instant.EPOCH, null, "warm", "warm"));
  }
}
