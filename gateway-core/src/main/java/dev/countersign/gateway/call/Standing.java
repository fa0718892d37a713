// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.snapshot.FederatedRoute;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import java.time.Instant;

/**
 * What the requests to single servers that a call leads to are made under.
 *
 * @param under the settings that hold for them
 * @param route the call's path in these
 */
record Standing(Snapshot under, FederatedRoute route) {
  /** As it was when the call came. */
  static Standing of(Call call) {
    return new Standing(call.snapshot(), (FederatedRoute) call.entrance());
  }

  /**
   * As it is now, after something was waited for. A client that asked now would have to show all
   * that again, too.
   *
   * @throws RefusedException when the call's session has ended, its credential has expired or is no
   *     longer believed, or its path is gone
   */
  static Standing now(Call call, SnapshotHolder snapshots) {
    BoundSession session = call.session();
    if (session == null || session.ended()) {
      throw RefusedException.of(Reason.SESSION_UNKNOWN);
    }
    if (!call.caller().expiresAt().isAfter(Instant.now())) {
      throw RefusedException.of(Reason.CREDENTIAL_REJECTED, "the credential has expired");
    }
    Snapshot newest = snapshots.current();
    if (newest == null || newest == call.snapshot()) {
      return of(call);
    }
    if (!StreamWatch.believed(newest, call)) {
      throw RefusedException.of(Reason.CREDENTIAL_REJECTED, "its issuer is not believed any more");
    }
    if (newest.entrance(call.entrance().path()) instanceof FederatedRoute route) {
      return new Standing(newest, route);
    }
    throw gone();
  }

  /**
   * The way to a server.
   *
   * @throws RefusedException when there is none any more
   */
  Route to(String server) {
    Route member = route.member(server);
    if (member == null) {
      throw gone();
    }
    return member;
  }

  private static RefusedException gone() {
    return RefusedException.of(Reason.UPSTREAM_UNAVAILABLE, "its server is not served any more");
  }
}
