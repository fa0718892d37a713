// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/**
 * The first leaf of every segment. Only the log makes one.
 *
 * @param name the segment's file name
 * @param openFromSeq the lowest number of a decision that had no outcome yet, or this leaf's own
 *     when there was none: recovery begins to look there
 */
public record SegmentLeaf(String name, long openFromSeq) implements Leaf {}
