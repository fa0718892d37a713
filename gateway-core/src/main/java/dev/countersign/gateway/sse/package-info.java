// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Server-sent events (WHATWG HTML, section 9.2), both ways.
 *
 * <p>Knows nothing of what events hold. A decoder belongs to one stream and one thread.
 */
@NullMarked
package dev.countersign.gateway.sse;

import org.jspecify.annotations.NullMarked;
