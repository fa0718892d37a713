// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;

/** A credential with these scopes would do. */
public record StepUpNeeded(
    String engine, String revision, String rule, List<String> reasons, List<String> scopes)
    implements Decision {}
