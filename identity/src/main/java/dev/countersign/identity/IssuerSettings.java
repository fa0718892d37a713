// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An issuer whose access tokens are accepted. Plain values; {@link Authenticator} refuses at
 * construction what cannot be used (algorithms that are not asymmetric, addresses that are not
 * HTTPS off loopback, names that clash).
 *
 * @param name alias in caller ids and metrics: letters, digits, {@code .}, {@code _}, {@code -}, at
 *     most 64
 * @param issuer the exact {@code iss}
 * @param jwksUri where its keys are, or null to find out by discovery
 * @param audiences accepted beside the route's own resource; empty: only that
 * @param algorithms accepted JWS algorithms: {@code ES*}, {@code RS*}, {@code PS*}
 * @param types accepted {@code typ} values, kept in lower case without {@code application/}
 * @param trustDomain SPIFFE trust domain the issuer may speak for, or null
 * @param caFile PEM of the authorities for its TLS, or null for the platform's; read at each fetch
 * @param line where it stands in its file, or -1
 */
public record IssuerSettings(
    String name,
    URI issuer,
    @Nullable URI jwksUri,
    List<String> audiences,
    Set<String> algorithms,
    Set<String> types,
    @Nullable String trustDomain,
    @Nullable Path caFile,
    int line) {
  public IssuerSettings {
    audiences = List.copyOf(audiences);
    algorithms = Set.copyOf(algorithms);
    types = types.stream().map(IssuerSettings::bareType).collect(Collectors.toUnmodifiableSet());
  }

  /** RFC 7515 section 4.1.9: media types compare without case, {@code application/} may go. */
  static String bareType(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    return lower.startsWith("application/") ? lower.substring("application/".length()) : lower;
  }
}
