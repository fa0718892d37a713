// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.audit.AuditSettings;
import java.nio.file.Path;

/** {@code audit}. */
final class AuditSection {
  static final Keys KEYS = new Keys("Where calls are put on record, and how much may wait for it.");

  private static final Key<Path> DIRECTORY =
      KEYS.add(
          Key.required(
                  "directory",
                  new FileType(FileType.Holds.FOLDER),
                  "The log's folder, of this gateway alone; made when missing.")
              .example("/var/lib/countersign/audit")
              .atStartOnly());
  private static final Key<Long> SEGMENT =
      KEYS.add(
          Key.defaulted(
                  "segment",
                  new SizeType(AuditSettings.SEGMENT_BYTES_MIN, 1L << 30),
                  AuditSettings.SEGMENT_BYTES_DEFAULT,
                  "A file of the log grows to this at most.")
              .atStartOnly());
  private static final Key<Integer> QUEUE =
      KEYS.add(
          Key.defaulted(
                  "queue",
                  new WholeType(16, AuditSettings.QUEUE_MAX_MAX),
                  AuditSettings.QUEUE_MAX_DEFAULT,
                  "Leaves that may wait for the disk; calls beyond them are refused.")
              .atStartOnly());

  private AuditSection() {}

  static AuditSettings build(Section in, String node) {
    return new AuditSettings(in.get(DIRECTORY), node, in.get(SEGMENT), in.get(QUEUE));
  }
}
