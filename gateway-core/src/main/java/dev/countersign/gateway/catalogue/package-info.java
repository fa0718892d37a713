// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * What servers offer: how the operator has labelled it, and what their lists say of it.
 *
 * <p>Knows nothing of Netty or of how calls are made. Any thread.
 */
@NullMarked
package dev.countersign.gateway.catalogue;

import org.jspecify.annotations.NullMarked;
