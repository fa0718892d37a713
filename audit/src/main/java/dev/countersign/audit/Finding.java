// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/**
 * One thing that is wrong with a log.
 *
 * @param segment the file's name; empty when it is about no file
 * @param seq the leaf it is about, or the last one before it; 0 when there is none
 * @param what in words
 */
public record Finding(String segment, long seq, String what) {}
