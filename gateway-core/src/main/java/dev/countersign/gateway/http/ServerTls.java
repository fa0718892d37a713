// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The listener's certificate, or its absence. Can be replaced while the listener runs; connections
 * accepted afterwards use the new one.
 */
public final class ServerTls {
  private volatile @Nullable SslContext context;

  private ServerTls(@Nullable SslContext context) {
    this.context = context;
  }

  /** Plain HTTP. */
  public static ServerTls none() {
    return new ServerTls(null);
  }

  /**
   * TLS 1.2 and 1.3 with a certificate from PEM files.
   *
   * @throws IOException when a file cannot be read or does not hold what it should, or the key is
   *     not the certificate's
   */
  public static ServerTls of(Path certificate, Path key) throws IOException {
    return new ServerTls(build(certificate, key));
  }

  /** Takes over the certificate of another value, for new connections. */
  public void replaceBy(ServerTls other) {
    context = other.context;
  }

  @Nullable SslContext context() {
    return context;
  }

  private static SslContext build(Path certificate, Path key) throws IOException {
    KeyPairCheck.check(certificate, key);
    try {
      return SslContextBuilder.forServer(certificate.toFile(), key.toFile())
          .protocols("TLSv1.3", "TLSv1.2")
          .applicationProtocolConfig(ApplicationProtocolConfig.DISABLED)
          .build();
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "not a certificate chain and its PKCS#8 key in PEM: \"" + certificate + "\"", e);
    }
  }
}
