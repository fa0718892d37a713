// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * What the gateway hands to clients and must know again: session ids, event ids, request state,
 * cursors. Sealed with AES-256-GCM for one purpose, one caller and one route.
 *
 * <p>Entry: {@link dev.countersign.gateway.seal.Seal}. Knows nothing of HTTP or messages. Any
 * thread.
 */
@NullMarked
package dev.countersign.gateway.seal;

import org.jspecify.annotations.NullMarked;
