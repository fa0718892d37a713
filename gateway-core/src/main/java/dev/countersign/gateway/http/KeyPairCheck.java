// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a private key is the one of a certificate: what it signs must verify. A pair that does
 * not match would be taken without a word, and then fail every handshake.
 */
final class KeyPairCheck {
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private KeyPairCheck() {}

  /** Returns the name of the key's algorithm. */
  static String check(Path certificate, Path key) throws IOException {
    try {
      PublicKey ofCertificate = leaf(certificate).getPublicKey();
      if (!match(ofCertificate, read(key, ofCertificate.getAlgorithm()))) {
        throw new IOException(
            "the key \"" + key + "\" is not that of the certificate \"" + certificate + "\"");
      }
      return ofCertificate.getAlgorithm();
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(
          "not a certificate chain and its PKCS#8 key in PEM: \"" + certificate + "\"", e);
    }
  }

  private static Certificate leaf(Path file) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
          .findFirst()
          .orElseThrow(() -> new IOException("no certificate in \"" + file + "\""));
    }
  }

  private static PrivateKey read(Path file, String algorithm)
      throws IOException, GeneralSecurityException {
    Matcher pem = PKCS8.matcher(Files.readString(file, StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IOException("no PKCS#8 key in PEM in \"" + file + "\"");
    }
    byte[] der = Base64.getMimeDecoder().decode(pem.group(1));
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
  }

  private static boolean match(PublicKey ofCertificate, PrivateKey key)
      throws GeneralSecurityException {
    Signature signature =
        Signature.getInstance(
            switch (key.getAlgorithm()) {
              case "RSA" -> "SHA256withRSA";
              case "EC" -> "SHA256withECDSA";
              default -> key.getAlgorithm();
            });
    byte[] text = "whose key is this".getBytes(StandardCharsets.US_ASCII);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(ofCertificate);
    signature.update(text);
    return signature.verify(signed);
  }
}
