// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** TLS towards servers: what is offered, and who is believed. */
final class UpstreamTls {
  private UpstreamTls() {}

  /**
   * A context that offers HTTP/2 and HTTP/1.1 and checks the server's name, with BoringSSL where
   * its library loads, else with the JDK's TLS.
   *
   * @param authorities PEM of who may have signed the server's certificate, or null for the
   *     platform's
   * @throws IOException when the file cannot be read or holds no certificates
   */
  static SslContext client(@Nullable Path authorities) throws IOException {
    return client(authorities, OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK);
  }

  static SslContext client(@Nullable Path authorities, SslProvider provider) throws IOException {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(provider)
            .protocols("TLSv1.3", "TLSv1.2")
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    ApplicationProtocolNames.HTTP_2,
                    ApplicationProtocolNames.HTTP_1_1));
    try {
      if (authorities != null) {
        builder.trustManager(authorities.toFile());
      }
      return builder.endpointIdentificationAlgorithm("HTTPS").build();
    } catch (IllegalArgumentException e) {
      throw new IOException("not certificates in PEM: \"" + authorities + "\"", e);
    }
  }
}
