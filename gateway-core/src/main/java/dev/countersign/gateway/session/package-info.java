// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Legacy sessions: ids that only their caller can use, and the live rows behind them.
 *
 * <p>Entry: {@link dev.countersign.gateway.session.SessionTable}. Knows nothing of Netty or
 * messages. Any thread: the connections of one session may live on several event loops.
 */
@NullMarked
package dev.countersign.gateway.session;

import org.jspecify.annotations.NullMarked;
