// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * May this call happen: the question as policy sees it, the engines that can answer it, and the one
 * place that turns an answer into a permit.
 *
 * <p>Entry: {@link dev.countersign.policy.DecisionPoint}. Knows nothing of MCP, networks or the
 * log. Decision points and evaluators belong to one thread; everything else is immutable.
 */
@NullMarked
package dev.countersign.policy;

import org.jspecify.annotations.NullMarked;
