// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The gateway as a whole: {@link dev.countersign.gateway.Gateway} binds, serves, drains and stops.
 *
 * <p>Knows the packages below it, and nothing of files or command lines.
 */
@NullMarked
package dev.countersign.gateway;

import org.jspecify.annotations.NullMarked;
