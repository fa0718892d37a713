// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

/**
 * One thing to say about a file: what is there, and what should be.
 *
 * @param kind whether it keeps the settings from being used
 * @param file the file's name
 * @param line from 1
 * @param column from 1, in characters
 * @param path the key, such as {@code servers.files.url}
 * @param found what is there; never a secret
 * @param expected what should be
 */
public record Problem(
    Kind kind, String file, int line, int column, String path, String found, String expected) {
  /** How bad it is. */
  public enum Kind {
    /** The settings are refused. */
    ERROR,
    /** The settings can be used, but somebody should look. */
    WARNING
  }

  /** The problem on one line; a warning says that it is one. */
  public String text() {
    return (kind == Kind.WARNING ? "warning: " : "") + words();
  }

  /** As {@link #text}, where its kind is said elsewhere. */
  public String words() {
    return String.join(":", file, Integer.toString(line), Integer.toString(column))
        + ": "
        + path
        + ": found "
        + found
        + ", expected "
        + expected;
  }
}
