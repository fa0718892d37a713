// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The admin address: metrics, health, readiness, the revision in force. Whoever reaches it may read
 * these, so it is for the operator's own network; nothing can be changed here.
 *
 * <p>Knows nothing of Netty or of calls. Event loops.
 */
@NullMarked
package dev.countersign.gateway.admin;

import org.jspecify.annotations.NullMarked;
