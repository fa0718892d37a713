// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * OPA inside the process: a policy compiled to WASM, and from there to JVM bytecode.
 *
 * <p>Entry: {@link dev.countersign.policy.opa.WasmEngine}. An engine is for any thread, an
 * evaluator for one.
 */
@NullMarked
package dev.countersign.policy.opa;

import org.jspecify.annotations.NullMarked;
