// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
/**
 * Tests of authentication, and {@link dev.countersign.identity.TestIssuer} for the tests of other
 * modules, which get it from this module's test-jar.
 */
@NullMarked
package dev.countersign.identity;

import org.jspecify.annotations.NullMarked;
