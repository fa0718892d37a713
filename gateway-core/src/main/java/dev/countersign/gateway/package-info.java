// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** To be written with the package. */
@NullMarked
package dev.countersign.gateway;

import org.jspecify.annotations.NullMarked;
