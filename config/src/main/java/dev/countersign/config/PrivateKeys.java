// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

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
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Private keys in files. */
final class PrivateKeys {
  private static final Pattern PEM =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final byte[] PROBE = "probe".getBytes(StandardCharsets.US_ASCII);

  private PrivateKeys() {}

  /**
   * Whether a key is that of the first certificate: what it signs, the certificate verifies.
   *
   * @throws IOException when a file cannot be read
   * @throws GeneralSecurityException when one holds something else
   */
  static boolean belongs(Path key, Path certificate) throws IOException, GeneralSecurityException {
    PublicKey shown;
    try (InputStream in = Files.newInputStream(certificate)) {
      shown = CertificateFactory.getInstance("X.509").generateCertificate(in).getPublicKey();
    }
    Matcher pem = PEM.matcher(Files.readString(key, StandardCharsets.ISO_8859_1));
    if (!pem.find()) {
      return false;
    }
    PrivateKey secret =
        KeyFactory.getInstance(shown.getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1))));
    Signature signature = Signature.getInstance(algorithm(shown));
    signature.initSign(secret);
    signature.update(PROBE);
    byte[] signed = signature.sign();
    signature.initVerify(shown);
    signature.update(PROBE);
    return signature.verify(signed);
  }

  private static String algorithm(PublicKey key) {
    return switch (key.getAlgorithm()) {
      case "EC" -> "SHA256withECDSA";
      case "RSA" -> "SHA256withRSA";
      default -> key.getAlgorithm();
    };
  }
}
