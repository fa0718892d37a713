// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.countersign.bench.load;

import org.jspecify.annotations.NullMarked;
