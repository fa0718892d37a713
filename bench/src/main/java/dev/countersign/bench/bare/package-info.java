// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** The gateway's two HTTP legs with nothing between them. */
@NullMarked
package dev.countersign.bench.bare;

import org.jspecify.annotations.NullMarked;
