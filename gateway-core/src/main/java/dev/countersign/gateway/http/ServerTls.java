// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The listener's certificate, or its absence. Can be replaced while the listener runs; connections
 * accepted afterwards use the new one.
 *
 * <p>Done by BoringSSL where its library loads and knows the kind of key, else by the JDK. Sessions
 * may be resumed: no client proves anything in a handshake, so a resumed one skips no check, and
 * each certificate has a context of its own, so tickets end with it.
 */
public final class ServerTls {
  /** What BoringSSL signs with here; other keys are left to the JDK. */
  private static final Set<String> OPENSSL_KEYS = Set.of("RSA", "EC");

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
    String algorithm = KeyPairCheck.check(certificate, key);
    boolean boring = OpenSsl.isAvailable() && OPENSSL_KEYS.contains(algorithm);
    return of(certificate, key, boring ? SslProvider.OPENSSL : SslProvider.JDK);
  }

  /** As {@link #of(Path, Path)}, by one provider or the other. */
  static ServerTls of(Path certificate, Path key, SslProvider provider) throws IOException {
    KeyPairCheck.check(certificate, key);
    return new ServerTls(build(certificate, key, provider));
  }

  /** What does the TLS: boringssl, jdk or none. */
  public String provider() {
    return switch (context) {
      case null -> "none";
      case OpenSslContext ignored -> "boringssl";
      default -> "jdk";
    };
  }

  /** Takes over the certificate of another value, for new connections. */
  public void replaceBy(ServerTls other) {
    context = other.context;
  }

  @Nullable SslContext context() {
    return context;
  }

  private static SslContext build(Path certificate, Path key, SslProvider provider)
      throws IOException {
    try {
      return SslContextBuilder.forServer(certificate.toFile(), key.toFile())
          .sslProvider(provider)
          .protocols("TLSv1.3", "TLSv1.2")
          // RFC 9113 section 9.2.2: those that HTTP/2 allows, which are the good ones of TLS 1.2.
          .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  ApplicationProtocolConfig.Protocol.ALPN,
                  ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                  ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                  ApplicationProtocolNames.HTTP_2,
                  ApplicationProtocolNames.HTTP_1_1))
          .build();
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "not a certificate chain and its PKCS#8 key in PEM: \"" + certificate + "\"", e);
    }
  }
}
