// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Benchmarks of parts and of the whole; nothing depends on them. */
@NullMarked
package dev.countersign.bench;

import org.jspecify.annotations.NullMarked;
