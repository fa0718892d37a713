// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Tests of the programs that run as servers. */
@NullMarked
package dev.countersign.gateway.stdio;

import org.jspecify.annotations.NullMarked;
