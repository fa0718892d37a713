// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The record of every call: an append-only log of canonical JSON lines, chained by hash, committed
 * in groups, recovered after a crash, verified by anyone.
 *
 * <p>Entry: {@link dev.countersign.audit.AuditLog} to write, {@link
 * dev.countersign.audit.AuditReader} and {@link dev.countersign.audit.AuditVerifier} to read. Knows
 * nothing of MCP, networks or policy. Appending is for any thread; one thread of its own writes.
 * The format is described in {@code docs/audit-format.md}.
 */
@NullMarked
package dev.countersign.audit;

import org.jspecify.annotations.NullMarked;
