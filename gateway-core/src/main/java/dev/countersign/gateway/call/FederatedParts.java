// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.work.WorkPool;

/**
 * What paths with several servers share with the rest of the gateway.
 *
 * @param sessions the sessions behind theirs
 * @param listenStreams bounds modern streams
 * @param snapshots the newest settings
 * @param ids names calls
 * @param leftOut told of servers that fail
 * @param work reads large messages
 */
record FederatedParts(
    FederatedSessions sessions,
    ListenStreams listenStreams,
    SnapshotHolder snapshots,
    CallIds ids,
    LeftOut leftOut,
    WorkPool work) {}
