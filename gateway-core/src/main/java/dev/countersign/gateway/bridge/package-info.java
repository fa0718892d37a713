// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0

/**
 * How messages of the legacy era read in the modern one, and back. Texts alone: who sends them, and
 * whether they may be sent, is the call line's to say.
 */
@NullMarked
package dev.countersign.gateway.bridge;

import org.jspecify.annotations.NullMarked;
