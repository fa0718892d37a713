// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import java.util.Locale;

/**
 * Where a secret is, never the secret itself; settings can be printed without leaking one.
 *
 * @param source the scheme
 * @param name the variable's name or the file's path
 */
public record SecretReference(Source source, String name) {
  /** The schemes. */
  public enum Source {
    /** An environment variable of the gateway's process. */
    ENV,
    /** A file, whose content without a final line end is the secret. */
    FILE
  }

  @Override
  public String toString() {
    return source.name().toLowerCase(Locale.ROOT) + ":" + name;
  }
}
