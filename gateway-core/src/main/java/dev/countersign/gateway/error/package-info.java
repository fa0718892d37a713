// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * What can go wrong, once: {@link dev.countersign.gateway.error.Reason} lists every refusal and
 * failure with its HTTP status and JSON-RPC code in both eras, and {@link
 * dev.countersign.gateway.error.ErrorAnswers} is the only writer of error answers.
 *
 * <p>Knows nothing of Netty, policy or sessions. Any thread.
 */
@NullMarked
package dev.countersign.gateway.error;

import org.jspecify.annotations.NullMarked;
