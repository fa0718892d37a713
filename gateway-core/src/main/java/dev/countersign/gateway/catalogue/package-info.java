// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * What servers offer, as far as the operator has labelled it.
 *
 * <p>Knows nothing of Netty or callers. Immutable values; any thread.
 */
@NullMarked
package dev.countersign.gateway.catalogue;

import org.jspecify.annotations.NullMarked;
