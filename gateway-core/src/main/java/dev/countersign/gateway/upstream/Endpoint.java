// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;

/**
 * Where connections go. Two are equal only when they may share connections: a reload makes new TLS
 * contexts, so it also leaves the old connections behind.
 *
 * @param server the server's name, so that two servers never share a connection
 * @param host name or address, without brackets
 * @param port 1 to 65535
 * @param tls null for plain HTTP
 * @param http2 whether a server without TLS speaks HTTP/2; with TLS it says so itself
 */
record Endpoint(String server, String host, int port, @Nullable SslContext tls, boolean http2) {}
