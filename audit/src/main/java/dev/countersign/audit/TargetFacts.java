// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import org.jspecify.annotations.Nullable;

/**
 * What was asked for.
 *
 * @param kind tool, resource or prompt
 * @param name its name or URI
 * @param effect operator's label, or null
 */
public record TargetFacts(String kind, String name, @Nullable String effect) {}
