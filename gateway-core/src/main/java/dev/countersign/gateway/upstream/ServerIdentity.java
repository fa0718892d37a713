// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.util.HexFormat;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Who is at the other end of a connection, as far as it is proved; goes on record as executor. */
final class ServerIdentity {
  private ServerIdentity() {}

  /** Its configured address, for want of proof. */
  static String unproved(Endpoint endpoint) {
    return "address:" + endpoint.host() + ":" + endpoint.port();
  }

  /** The digest of its certificate after a TLS handshake, else what it is without proof. */
  static String of(Channel channel, String unproved) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    return tls == null ? unproved : certificateDigest(tls);
  }

  private static String certificateDigest(SslHandler tls) {
    try {
      byte[] leaf = tls.engine().getSession().getPeerCertificates()[0].getEncoded();
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(leaf);
      return "cert-sha256:" + HexFormat.of().formatHex(digest);
    } catch (SSLPeerUnverifiedException
        | CertificateEncodingException
        | NoSuchAlgorithmException e) {
      throw new IllegalStateException("a verified TLS peer has no certificate", e);
    }
  }
}
