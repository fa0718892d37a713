// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Work of tools that goes on after its call: whose it is. A task's id opens nothing for anybody but
 * the caller whose call created it.
 *
 * <p>Knows nothing of Netty, policy or how calls are made. Any thread.
 */
@NullMarked
package dev.countersign.gateway.task;

import org.jspecify.annotations.NullMarked;
