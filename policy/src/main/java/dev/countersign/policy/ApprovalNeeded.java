// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;

/** Policy wants a person's approval first. */
public record ApprovalNeeded(
    String engine, String revision, String rule, List<String> reasons, Obligations obligations)
    implements Decision {}
