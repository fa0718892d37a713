// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The listener for MCP clients.
 *
 * @param address where to bind; port 0 takes any free port
 * @param publicUrl scheme, host and port that clients use, without a path; null on loopback, where
 *     it follows from the bound address. Resource URIs and challenges come from it, never from a
 *     {@code Host} header
 * @param allowedHosts further {@code Host} values (host or host:port, lower case) that are accepted
 * @param allowedOrigins browser origins that are accepted; requests without {@code Origin} always
 *     are
 * @param tls certificate files, or null for plain HTTP
 * @param http2Cleartext whether HTTP/2 is taken without TLS
 * @param eventLoops number of event loop threads, 1 to 64
 * @param drain how long calls may go on after a stop was asked for
 */
public record ListenSettings(
    InetSocketAddress address,
    @Nullable URI publicUrl,
    Set<String> allowedHosts,
    Set<String> allowedOrigins,
    @Nullable TlsSettings tls,
    boolean http2Cleartext,
    int eventLoops,
    Duration drain) {
  public ListenSettings {
    allowedHosts = Set.copyOf(allowedHosts);
    allowedOrigins = Set.copyOf(allowedOrigins);
  }

  /**
   * A certificate and its key as PEM files, read at start and at each reload.
   *
   * @param certificate chain, leaf first
   * @param key PKCS#8 private key, not encrypted
   */
  public record TlsSettings(Path certificate, Path key) {}
}
