// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import org.jspecify.annotations.Nullable;

/**
 * What was asked for.
 *
 * @param kind the word of the policy input
 * @param name its name or URI at the server
 * @param exposedName the name the client used for it, or null when that is the same
 * @param effect operator's label, or null
 */
public record TargetFacts(
    String kind, String name, @Nullable String exposedName, @Nullable String effect) {}
