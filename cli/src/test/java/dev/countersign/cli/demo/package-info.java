// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/** Tests of what the demo starts beside the gateway. */
@NullMarked
package dev.countersign.cli.demo;

import org.jspecify.annotations.NullMarked;
