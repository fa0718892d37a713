// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/**
 * What a caller said it wants.
 *
 * @param purpose its words, bounded by whoever makes the leaf
 * @param assurance who vouches for them, such as agent-declared
 */
public record IntentFacts(String purpose, String assurance) {}
