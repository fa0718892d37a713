// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Tests of the whole program live in this module's test sources; it ships nothing. */
@NullMarked
package dev.countersign.e2e;

import org.jspecify.annotations.NullMarked;
