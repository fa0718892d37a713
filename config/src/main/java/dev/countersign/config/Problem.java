// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

/**
 * One thing that is wrong in a file.
 *
 * @param file the file's name
 * @param line from 1
 * @param path the key, such as {@code servers.files.url}
 * @param found what is there; never a secret
 * @param expected what should be
 */
public record Problem(String file, int line, String path, String found, String expected) {
  /** The problem on one line. */
  public String text() {
    return file + ":" + line + ": " + path + ": found " + found + ", expected " + expected;
  }
}
