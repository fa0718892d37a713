// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * What servers ask of clients: a model's text (sampling), a form or a link for the user
 * (elicitation), the client's folders (roots). Checks of the questions and of their answers, and
 * what a client is said to be able to.
 *
 * <p>Entry: {@link dev.countersign.gateway.input.InputQuestion} and {@link
 * dev.countersign.gateway.input.ClientCapabilities}. Pure: asks no policy, keeps nothing, knows
 * nothing of HTTP or eras. Any thread.
 */
@NullMarked
package dev.countersign.gateway.input;

import org.jspecify.annotations.NullMarked;
