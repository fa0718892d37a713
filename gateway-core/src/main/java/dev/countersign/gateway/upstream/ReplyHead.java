// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import org.jspecify.annotations.Nullable;

/**
 * What is read of a reply's head; nothing else of it goes any further.
 *
 * @param status HTTP status
 * @param contentType media type and parameters as sent, or null
 * @param encoded whether the body has a content coding, which we never asked for
 * @param sessionId {@code Mcp-Session-Id}, or null
 * @param executor who answered, as far as it is proved: the digest of its TLS certificate, else its
 *     address
 */
public record ReplyHead(
    int status,
    @Nullable String contentType,
    boolean encoded,
    @Nullable String sessionId,
    String executor) {}
