// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import org.jspecify.annotations.Nullable;

/**
 * Which server was to execute.
 *
 * @param name configured name
 * @param uri configured address
 * @param environment operator's word, or null
 */
public record ServerFacts(String name, String uri, @Nullable String environment) {}
