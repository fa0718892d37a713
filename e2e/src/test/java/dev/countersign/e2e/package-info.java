// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Tests of the whole program with real peers, and of the tree itself. */
@NullMarked
package dev.countersign.e2e;

import org.jspecify.annotations.NullMarked;
