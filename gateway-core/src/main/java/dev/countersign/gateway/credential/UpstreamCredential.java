// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.credential;

import org.jspecify.annotations.Nullable;

/**
 * A credential for one server. Prints nothing of itself.
 *
 * <p>Immutable; any thread.
 */
public final class UpstreamCredential {
  /** For servers that want none. */
  public static final UpstreamCredential NONE = new UpstreamCredential("none", null, null, null);

  private final String kind;
  private final @Nullable String reference;
  private final @Nullable String header;
  private final @Nullable String value;

  private UpstreamCredential(
      String kind, @Nullable String reference, @Nullable String header, @Nullable String value) {
    this.kind = kind;
    this.reference = reference;
    this.header = header;
    this.value = value;
  }

  /**
   * A long-lived secret in one header.
   *
   * @param reference where the secret came from, such as {@code env:NAME}; goes into records
   * @param header lower-case header name
   * @param value the header's whole value
   */
  public static UpstreamCredential header(String reference, String header, String value) {
    return new UpstreamCredential("static", reference, header, value);
  }

  /** What sort of credential it is: none or static. */
  public String kind() {
    return kind;
  }

  /** Where it came from; never the secret. */
  public @Nullable String reference() {
    return reference;
  }

  /** The header that carries it, or null for none. */
  public @Nullable String headerName() {
    return header;
  }

  /** The secret header value: for the upstream leg alone. */
  public @Nullable String headerValue() {
    return value;
  }

  @Override
  public String toString() {
    return "UpstreamCredential[" + kind + "]";
  }
}
