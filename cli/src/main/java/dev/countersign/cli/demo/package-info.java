// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * What {@code countersign demo} starts beside the gateway: for trying out and for tests, on
 * loopback unless told otherwise, nothing to build on.
 */
@NullMarked
package dev.countersign.cli.demo;

import org.jspecify.annotations.NullMarked;
