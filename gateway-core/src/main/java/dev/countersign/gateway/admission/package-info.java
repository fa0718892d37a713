// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * The meeting point of the three proofs: an {@link dev.countersign.gateway.admission.AdmittedCall}
 * cannot be made without a caller, a permit and a record, and the upstream leg takes nothing else.
 *
 * <p>Knows nothing of HTTP. Any thread.
 */
@NullMarked
package dev.countersign.gateway.admission;

import org.jspecify.annotations.NullMarked;
