// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Starts what is compared, measures it in turn, and writes down what came of it. */
@NullMarked
package dev.countersign.bench.run;

import org.jspecify.annotations.NullMarked;
