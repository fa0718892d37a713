// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/**
 * A leaf cannot be recorded; whoever needs the record must refuse. The message says why: a full
 * queue, a full disk, a disk that cannot be written, a closed log, or a leaf that does not fit what
 * the log holds.
 *
 * <p>Without a stack trace: it may be made for every call while a disk is full.
 */
public final class AuditUnavailableException extends Exception {
  AuditUnavailableException(String message) {
    super(message, null, false, false);
  }
}
