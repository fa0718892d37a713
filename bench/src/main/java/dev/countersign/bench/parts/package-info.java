// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Parts of a call by themselves, measured by JMH. */
@NullMarked
package dev.countersign.bench.parts;

import org.jspecify.annotations.NullMarked;
