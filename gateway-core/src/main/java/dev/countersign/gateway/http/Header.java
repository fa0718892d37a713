// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/**
 * One header line.
 *
 * @param name lower case
 * @param value without line breaks
 */
public record Header(String name, String value) {}
