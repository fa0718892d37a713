// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

/**
 * A member of an object.
 *
 * @param name its name, escapes undone
 * @param nameStart the byte of the name's opening quote
 * @param value its value
 */
public record JsonMember(String name, int nameStart, JsonValue value) {}
