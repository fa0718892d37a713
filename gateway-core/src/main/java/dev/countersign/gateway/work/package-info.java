// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Work that would hold up an event loop. */
@NullMarked
package dev.countersign.gateway.work;

import org.jspecify.annotations.NullMarked;
