// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The rounds of a modern request whose server asks for input: what the client carries from one to
 * the next in {@code requestState}, sealed.
 *
 * <p>Knows nothing of Netty, policy or how calls are made. Any thread.
 */
@NullMarked
package dev.countersign.gateway.rounds;

import org.jspecify.annotations.NullMarked;
