// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A self-signed certificate and its key, made by the JDK's keytool: as PEM files, and as contexts
 * for the other side of a connection.
 */
public final class TestPki {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private static final List<TestPki> ALL =
      make("dns:localhost,ip:127.0.0.1", "dns:localhost,ip:127.0.0.1", "dns:other.example");

  /** For {@code localhost} and {@code 127.0.0.1}; made once. */
  public static final TestPki LOCAL = ALL.get(0);

  /** For the same names, by somebody else. */
  public static final TestPki FOREIGN = ALL.get(1);

  /** For another name. */
  public static final TestPki ELSEWHERE = ALL.get(2);

  private final KeyStore store;
  private final Path certificateFile;
  private final Path keyFile;

  private TestPki(Path directory, Process keytool) {
    try {
      Path file = directory.resolve("store.p12");
      await(keytool);
      store = KeyStore.getInstance(file.toFile(), PASSWORD);
      certificateFile = pem(directory, "CERTIFICATE", store.getCertificate("own").getEncoded());
      keyFile = pem(directory, "PRIVATE KEY", store.getKey("own", PASSWORD).getEncoded());
      for (Path made : List.of(directory, file, certificateFile, keyFile)) {
        made.toFile().deleteOnExit();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One of each list of names; their processes run side by side. */
  private static List<TestPki> make(String... alternatives) {
    Map<Path, Process> running = new LinkedHashMap<>();
    try {
      for (String names : alternatives) {
        Path directory = Files.createTempDirectory("countersign-pki");
        running.put(directory, keytool(directory.resolve("store.p12"), names));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return running.entrySet().stream()
        .map(one -> new TestPki(one.getKey(), one.getValue()))
        .toList();
  }

  private static Process keytool(Path file, String alternatives) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-J-XX:TieredStopAtLevel=1",
            "-genkeypair",
            "-alias",
            "own",
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=test",
            "-ext",
            "SAN=" + alternatives,
            "-ext",
            "BC=ca:true",
            "-validity",
            "2",
            "-storetype",
            "PKCS12",
            "-storepass",
            new String(PASSWORD),
            "-keystore",
            file.toString())
        .redirectErrorStream(true)
        .start();
  }

  private static void await(Process keytool) throws IOException {
    try {
      String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!keytool.waitFor(20, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
        throw new IOException("keytool: " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static Path pem(Path directory, String type, byte[] der) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.writeString(
        Files.createTempFile(directory, "own", ".pem"),
        "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n");
  }

  /** The certificate as PEM. */
  public Path certificateFile() {
    return certificateFile;
  }

  /** The PKCS#8 key as PEM. */
  public Path keyFile() {
    return keyFile;
  }

  /** The certificate. */
  public Certificate certificate() {
    try {
      return store.getCertificate("own");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Shows this certificate. */
  public SSLContext serverContext() {
    try {
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(store, PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Trusts this certificate and no other. */
  public SSLContext clientContext() {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("own", certificate());
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
