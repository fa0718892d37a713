// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.countersign.bench.toolserver;

import org.jspecify.annotations.NullMarked;
