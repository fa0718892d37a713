// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.session.ResumableStream;
import org.jspecify.annotations.Nullable;

/**
 * What a GET goes on with.
 *
 * @param position after which event
 * @param stream the broken stream of a request; null for the session's own stream
 */
record Resumption(EventIds.Position position, @Nullable ResumableStream stream) {}
