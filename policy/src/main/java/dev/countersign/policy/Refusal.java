// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;

/** Policy says no. */
public record Refusal(String engine, String revision, String rule, List<String> reasons)
    implements Decision {}
