// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a log durably ends.
 *
 * @param segment its newest segment, or null for a log that has none yet
 * @param position where that segment's content ends
 * @param lineBytes length of the last line with its end
 * @param seq the last leaf's number, 0 for none
 * @param hash the last leaf's hash
 */
record LogEnd(@Nullable Path segment, long position, int lineBytes, long seq, String hash) {
  static final LogEnd NEW = new LogEnd(null, 0, 0, 0, Chain.NONE);
}
