// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority of its own, and what it signs, made with the JDK's {@code keytool}. */
final class Certificates {
  private static final char[] PASSWORD = "only-for-this-test".toCharArray();

  private final Path folder;
  private final String name;

  private Certificates(Path folder, String name) {
    this.folder = folder;
    this.name = name;
  }

  /** A certificate chain and its key, both PEM. */
  record Pair(Path chain, Path key) {}

  /** Makes an authority; its files go into the folder. */
  static Certificates authority(Path folder, String name)
      throws IOException, InterruptedException, GeneralSecurityException {
    Certificates made = new Certificates(folder, name);
    made.keytool("-alias", "ca", "-dname", "CN=" + name, "-ext", "bc:c");
    made.write("ca", made.certificate());
    return made;
  }

  /** Its own certificate as PEM. */
  Path certificate() {
    return folder.resolve(name + "-ca.pem");
  }

  /** Signs a server's certificate. */
  Pair sign(String alias, String subjectAlternativeName)
      throws IOException, InterruptedException, GeneralSecurityException {
    keytool(
        "-alias",
        alias,
        "-dname",
        "CN=" + alias,
        "-signer",
        "ca",
        "-ext",
        "san=" + subjectAlternativeName);
    Path chain = folder.resolve(alias + ".pem");
    write(alias, chain);
    Path key = folder.resolve(alias + "-key.pem");
    pem(key, "PRIVATE KEY", List.of(store().getKey(alias, PASSWORD).getEncoded()));
    return new Pair(chain, key);
  }

  /** The encoded certificate that a server of this alias shows. */
  byte[] leaf(String alias) throws IOException, GeneralSecurityException {
    return store().getCertificate(alias).getEncoded();
  }

  /** For a client that trusts this authority alone. */
  SSLContext trusting() throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, PASSWORD);
    trusted.setCertificateEntry("ca", store().getCertificate("ca"));
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }

  private Path file() {
    return folder.resolve(name + ".p12");
  }

  private KeyStore store() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file())) {
      store.load(in, PASSWORD);
    }
    return store;
  }

  private void write(String alias, Path file) throws IOException, GeneralSecurityException {
    List<byte[]> chain = new ArrayList<>();
    for (Certificate certificate : store().getCertificateChain(alias)) {
      chain.add(certificate.getEncoded());
    }
    pem(file, "CERTIFICATE", chain);
  }

  private static void pem(Path file, String label, List<byte[]> blocks) throws IOException {
    StringBuilder text = new StringBuilder();
    for (byte[] block : blocks) {
      text.append("-----BEGIN %s-----\n".formatted(label))
          .append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(block))
          .append("\n-----END %s-----\n".formatted(label));
    }
    Files.writeString(file, text);
  }

  private void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-J-XX:TieredStopAtLevel=1",
                    "-genkeypair",
                    "-keyalg",
                    "EC",
                    "-groupname",
                    "secp256r1",
                    "-validity",
                    "2",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    file().toString(),
                    "-storepass",
                    new String(PASSWORD)),
                Stream.of(arguments))
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("keytool: " + said);
    }
  }
}
