// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import org.jspecify.annotations.Nullable;

/**
 * Which server was to execute.
 *
 * @param name configured name
 * @param uri configured address
 * @param environment operator's word, or null
 * @param negotiatedVersion the protocol revision the gateway speaks to it in the call, or null when
 *     it is not settled yet or nothing goes there
 */
public record ServerFacts(
    String name, String uri, @Nullable String environment, @Nullable String negotiatedVersion) {}
