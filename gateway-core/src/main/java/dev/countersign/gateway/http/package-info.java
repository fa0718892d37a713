// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Bytes to requests and answers to bytes: the HTTP/1.1 listener, its framing rules, back-pressure
 * and drain.
 *
 * <p>Entry: {@link dev.countersign.gateway.http.HttpListener}. Knows nothing of MCP, callers or
 * policy. With {@code upstream} the only package that may name Netty; what other packages see of a
 * connection is {@link dev.countersign.gateway.http.Exchange} and {@link
 * dev.countersign.gateway.http.Loop}. Everything here runs on the connection's event loop unless it
 * says otherwise.
 */
@NullMarked
package dev.countersign.gateway.http;

import org.jspecify.annotations.NullMarked;
