// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Where the time of a call goes, as text. */
@NullMarked
package dev.countersign.bench.profile;

import org.jspecify.annotations.NullMarked;
