// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An issuer whose tokens are accepted.
 *
 * @param name alias in caller ids and metrics
 * @param issuer the exact {@code iss}
 * @param jwksUri where its keys are, or null to find out by discovery
 * @param audiences accepted beside the route's own resource
 * @param algorithms accepted JWS algorithms, asymmetric ones only
 * @param types accepted {@code typ} values, lower case
 * @param trustDomain SPIFFE trust domain it may speak for, or null
 * @param caFile PEM of the authorities for its TLS, or null for the platform's
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
    types = Set.copyOf(types);
  }
}
