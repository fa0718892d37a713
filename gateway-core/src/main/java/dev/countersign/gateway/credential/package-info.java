// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * What the gateway shows to tool servers. Never the caller's own credential.
 *
 * <p>Knows nothing of Netty or of callers' tokens. Any thread.
 */
@NullMarked
package dev.countersign.gateway.credential;

import org.jspecify.annotations.NullMarked;
