// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The admin address: metrics, health, readiness, the revision in force. Reading these is open there
 * (design, section 10, "Admin"); nothing can be changed here.
 *
 * <p>Knows nothing of Netty or of calls. Event loops.
 */
@NullMarked
package dev.countersign.gateway.admin;

import org.jspecify.annotations.NullMarked;
