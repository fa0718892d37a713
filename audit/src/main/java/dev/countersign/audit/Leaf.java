// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/**
 * One entry of the log: it becomes one line.
 *
 * <p>A leaf is facts only; number, chain, node and time are the log's to add. Over-long texts are
 * cut when it is written (see {@code docs/audit-format.md}), so no leaf is ever too big to record.
 */
public sealed interface Leaf permits DecisionLeaf, OutcomeLeaf, ConfigLeaf, NodeLeaf, SegmentLeaf {}
