// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The leg to the tool servers: HTTP/1.1 and HTTP/2 over pooled connections on the event loop of the
 * client's connection.
 *
 * <p>Entry: {@link dev.countersign.gateway.upstream.Upstream}, which sends an {@link
 * dev.countersign.gateway.admission.AdmittedCall} and nothing else. Knows nothing of MCP. With
 * {@code http} the only package that may name Netty.
 */
@NullMarked
package dev.countersign.gateway.upstream;

import org.jspecify.annotations.NullMarked;
