// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** The tool server behind everything that is measured. */
@NullMarked
package dev.countersign.bench.toolserver;

import org.jspecify.annotations.NullMarked;
