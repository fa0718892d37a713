// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Just enough of HTTP/1.1 to make load and answer it without being what is measured. */
@NullMarked
package dev.countersign.bench.wire;

import org.jspecify.annotations.NullMarked;
