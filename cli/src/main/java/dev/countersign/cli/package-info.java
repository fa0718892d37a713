// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The program: commands, and the one place that names every implementation.
 *
 * <p>Entry: {@link dev.countersign.cli.Main}.
 */
@NullMarked
package dev.countersign.cli;

import org.jspecify.annotations.NullMarked;
