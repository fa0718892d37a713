// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.time.Duration;

/**
 * Bounds of one listener.
 *
 * @param headerBytesMax request line and headers together
 * @param connectionsMax open connections; further ones are closed at once
 * @param streamsMax open streams of one HTTP/2 connection; further ones are refused
 * @param head from accepting, or from the first byte of a further request, to a whole head
 * @param body from the first wish to read a body to its end
 * @param idle between two requests on one connection
 * @param http2Cleartext whether HTTP/2 is taken without TLS, from clients that know beforehand
 */
public record HttpLimits(
    int headerBytesMax,
    int connectionsMax,
    int streamsMax,
    Duration head,
    Duration body,
    Duration idle,
    boolean http2Cleartext) {}
