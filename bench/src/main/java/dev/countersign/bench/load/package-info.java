// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** The load generator: calls at full speed or by a fixed clock, every answer checked. */
@NullMarked
package dev.countersign.bench.load;

import org.jspecify.annotations.NullMarked;
