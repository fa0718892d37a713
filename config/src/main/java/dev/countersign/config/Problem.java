// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

/**
 * One thing that is wrong, or dubious, in a settings file.
 *
 * @param severity whether the file can be used all the same
 * @param file the file's name, as it was given
 * @param line from 1
 * @param column from 1
 * @param path the key, such as {@code servers.files.url}; empty for the file as a whole
 * @param found what is there, outside text in quotes; never a secret
 * @param expected what should be
 */
public record Problem(
    Severity severity,
    String file,
    int line,
    int column,
    String path,
    String found,
    String expected) {

  /** What a problem means for the file. */
  public enum Severity {
    /** The file is refused. */
    ERROR,
    /** The file is taken; somebody should look. */
    WARNING
  }

  /**
   * The problem on one line, such as {@code gateway.yaml:12:5: servers.files.url: found "ftp://x",
   * expected an http or https URL}.
   */
  public String text() {
    String where = file + ":" + line + ":" + column + ": ";
    String key = path.isEmpty() ? "" : path + ": ";
    String word = severity == Severity.WARNING ? "warning: " : "";
    return where + word + key + "found " + found + ", expected " + expected;
  }
}
