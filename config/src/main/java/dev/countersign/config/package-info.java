// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * One YAML file and the environment to settings, or to all of its problems at once. The only reader
 * of either.
 *
 * <p>Entry: {@link dev.countersign.config.ConfigReader}. Knows what settings there are, and nothing
 * of what is made of them. Reading is for any thread; the watcher has one of its own.
 */
@NullMarked
package dev.countersign.config;

import org.jspecify.annotations.NullMarked;
