// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/**
 * Where a leaf stands. Kept outside the log, it proves later that the log still holds this leaf.
 *
 * @param seq its number, from 1
 * @param hash SHA-256 of its line, 64 lower-case hexadecimal digits
 */
public record LeafPosition(long seq, String hash) {}
