// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.http.ServerTls;
import dev.countersign.gateway.snapshot.ListenSettings;
import dev.countersign.gateway.snapshot.ListenSettings.TlsSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code listen}. */
final class ListenSection {
  private static final int LOOPS_MAX = 64;

  static final Keys KEYS = new Keys("Where MCP clients connect.");

  private static final Key<InetSocketAddress> ADDRESS =
      KEYS.add(
          Key.defaulted(
                  "address",
                  new AddressType(),
                  AddressType.loopback(8080),
                  "The address to listen on; port 0 takes any free one.")
              .example("0.0.0.0:8443")
              .atStartOnly());
  private static final Key<URI> PUBLIC_URL =
      KEYS.add(
          Key.optional(
                  "public_url",
                  new UrlType(UrlType.Rule.ORIGIN),
                  "What clients call this gateway; resources and challenges are made from it, never"
                      + " from a `Host` header. Required off loopback.")
              .otherwise("on loopback the bound address")
              .example("https://gw.example"));
  private static final Key<List<String>> ALLOWED_HOSTS =
      KEYS.add(
          Key.defaulted(
                  "allowed_hosts",
                  new ListType<>(
                      new TextType("a host with or without port", "[A-Za-z0-9._:\\[\\]-]{1,255}"),
                      0),
                  List.of(),
                  "`Host` values that are accepted beside that of the public URL.")
              .example("[gw.internal, \"gw.internal:8443\"]"));
  private static final Key<List<String>> ALLOWED_ORIGINS =
      KEYS.add(
          Key.defaulted(
                  "allowed_origins",
                  new ListType<>(
                      new TextType(
                          "an origin such as https://app.example",
                          "[a-z][a-z0-9+.-]{0,31}://[A-Za-z0-9._:\\[\\]-]{1,255}"),
                      0),
                  List.of(),
                  "`Origin` values of browsers that are accepted; requests without one always are.")
              .example("[\"https://app.example\"]"));
  private static final Keys TLS_KEYS =
      new Keys("The certificate that clients see; without it, plain HTTP.");
  private static final Key<Path> CERTIFICATE =
      TLS_KEYS.add(
          Key.required(
                  "certificate",
                  new FileType(FileType.Holds.CERTIFICATES),
                  "The certificate and its chain, leaf first.")
              .example("gw.pem"));
  private static final Key<Path> KEY =
      TLS_KEYS.add(
          Key.required("key", new FileType(FileType.Holds.KEY), "Its private key, not encrypted.")
              .example("gw.key"));
  private static final Key<Section> TLS =
      KEYS.add(Key.optional("tls", SectionType.ifThere(TLS_KEYS), TLS_KEYS.meaning()));
  private static final Key<Boolean> HTTP2_CLEARTEXT =
      KEYS.add(
          Key.defaulted(
              "http2_cleartext",
              new FlagType(),
              false,
              "Take HTTP/2 without TLS, from clients that know beforehand (h2c). Over TLS it is"
                  + " always offered."));
  private static final Key<Integer> EVENT_LOOPS =
      KEYS.add(
          Key.optional(
                  "event_loops",
                  new WholeType(1, LOOPS_MAX),
                  "Threads that carry connections and calls.")
              .otherwise("one for each processor")
              .example("2")
              .atStartOnly());
  private static final Key<Duration> DRAIN =
      KEYS.add(
          Key.defaulted(
              "drain",
              new DurationType(Duration.ZERO, Duration.ofHours(1)),
              Duration.ofSeconds(20),
              "For how long calls may go on after a stop was asked for."));

  private ListenSection() {}

  static ListenSettings build(Section in) {
    URI publicUrl = in.find(PUBLIC_URL);
    InetSocketAddress address = in.get(ADDRESS);
    TlsSettings tls = tls(in.find(TLS));
    if (!address.getAddress().isLoopbackAddress()) {
      offLoopback(in, publicUrl);
    }
    Integer loops = in.find(EVENT_LOOPS);
    int processors = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, LOOPS_MAX);
    return new ListenSettings(
        address,
        publicUrl,
        in.get(ALLOWED_HOSTS).stream()
            .map(host -> host.toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet()),
        Set.copyOf(in.get(ALLOWED_ORIGINS)),
        tls,
        in.get(HTTP2_CLEARTEXT),
        loops == null ? processors : loops,
        in.get(DRAIN));
  }

  private static void offLoopback(Section in, @Nullable URI publicUrl) {
    if (!in.has(PUBLIC_URL)) {
      in.place(PUBLIC_URL).problem("nothing", "the URL that clients use, off loopback");
    }
    if (publicUrl == null || in.has(TLS)) {
      return;
    }
    if (publicUrl.getScheme().equals("https")) {
      in.place(ADDRESS)
          .warning(
              "plain HTTP off loopback under an https public_url",
              "tls here, or something in front that ends TLS and that nobody can get around");
    } else {
      in.place(ADDRESS).warning("plain HTTP off loopback", "tls: tokens can be read on their way");
    }
  }

  /** The listener would take a key of another certificate, and then fail every handshake. */
  private static boolean isPair(Path certificate, Path key) {
    try {
      ServerTls.of(certificate, key);
      return PrivateKeys.belongs(key, certificate);
    } catch (IOException | GeneralSecurityException e) {
      return false;
    }
  }

  private static @Nullable TlsSettings tls(@Nullable Section in) {
    Path certificate = in == null ? null : in.find(CERTIFICATE);
    Path key = in == null ? null : in.find(KEY);
    if (in == null || certificate == null || key == null) {
      return null;
    }
    if (!isPair(certificate, key)) {
      in.place(KEY).problem("no key for the certificate", KEY.type().expected());
    }
    return new TlsSettings(certificate, key);
  }
}
