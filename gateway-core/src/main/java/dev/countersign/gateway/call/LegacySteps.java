// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

/**
 * What replies of the legacy era need beside those of the modern one.
 *
 * @param questions may a server ask its client
 * @param eventIds seals the ids of events
 * @param tasks whose tasks are whose
 */
record LegacySteps(QuestionStep questions, EventIds eventIds, SessionTaskStep tasks) {}
