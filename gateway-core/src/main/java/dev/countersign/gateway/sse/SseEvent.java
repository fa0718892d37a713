// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import org.jspecify.annotations.Nullable;

/**
 * One event.
 *
 * @param event its name, or null
 * @param id its id, or null
 * @param retry milliseconds after which its reader is to come back, or null
 * @param data its data lines joined by LF
 * @param hasData whether it had any data line; an event with an id and empty data primes a resume
 */
public record SseEvent(
    @Nullable String event,
    @Nullable String id,
    @Nullable Integer retry,
    byte[] data,
    boolean hasData) {}
