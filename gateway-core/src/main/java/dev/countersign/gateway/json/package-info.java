// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Strict JSON: what two parsers could read differently is refused before anyone judges it.
 *
 * <p>Entry: {@link dev.countersign.gateway.json.JsonDocument}. Knows nothing of JSON-RPC or Netty.
 * Documents are immutable; any thread.
 */
@NullMarked
package dev.countersign.gateway.json;

import org.jspecify.annotations.NullMarked;
