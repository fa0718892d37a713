// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.identity.IssuerSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One of {@code identity.issuers}. */
final class IssuerSection {
  private static final String NAME_FORM = "[A-Za-z0-9._-]{1,64}";

  static final Keys KEYS = new Keys("An issuer whose access tokens are accepted.");

  private static final Key<String> NAME =
      KEYS.add(
          Key.optional(
                  "name",
                  new TextType(
                      "a name of at most 64 letters, digits, dots, dashes, underscores", NAME_FORM),
                  "Its alias in caller ids (`oidc:<name>:<subject>`) and metrics.")
              .otherwise("the host of the issuer")
              .example("idp"));
  private static final Key<URI> ISSUER =
      KEYS.add(
          Key.required("issuer", new UrlType(UrlType.Rule.SECURE), "The exact `iss` of its tokens.")
              .example("https://idp.example/realms/agents"));
  private static final Key<URI> JWKS =
      KEYS.add(
          Key.optional("jwks", new UrlType(UrlType.Rule.SECURE), "Where its keys are.")
              .otherwise("found by discovery at the issuer")
              .example("https://idp.example/realms/agents/keys"));
  private static final Key<List<String>> AUDIENCE =
      KEYS.add(
          Key.defaulted(
                  "audience",
                  new ListType<>(
                      new TextType("an audience of 1 to 1024 characters", "[!-~]{1,1024}"), 0),
                  List.of(),
                  "Audiences that are accepted beside the URL of the route that is called.")
              .example("https://gw.example"));
  private static final Key<List<String>> ALGORITHMS =
      KEYS.add(
          Key.defaulted(
              "algorithms",
              new ListType<>(
                  new ChoiceType<>(
                      List.of(
                          "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384",
                          "PS512"),
                      word -> word),
                  1),
              List.of("ES256", "RS256"),
              "Accepted signature algorithms."));
  private static final Key<List<String>> TYPES =
      KEYS.add(
          Key.defaulted(
              "types",
              new ListType<>(
                  new TextType("a media type of tokens", "[A-Za-z0-9!#$&^_.+/-]{1,127}"), 1),
              List.of("at+jwt"),
              "Accepted `typ` values of tokens."));
  private static final Key<String> TRUST_DOMAIN =
      KEYS.add(
          Key.optional(
                  "trust_domain",
                  new TextType("the name of a SPIFFE trust domain", "[a-z0-9._-]{1,255}"),
                  "The SPIFFE trust domain that the issuer may speak for: a subject that is an ID"
                      + " of it is the caller's id.")
              .example("example.org"));
  private static final Key<Path> CA =
      KEYS.add(
          Key.optional(
                  "ca",
                  new FileType(FileType.Holds.CERTIFICATES),
                  "The authorities that may have signed its TLS certificate.")
              .otherwise("those of the platform")
              .example("idp-ca.pem"));

  private IssuerSection() {}

  static IssuerSettings build(Section in) {
    URI issuer = in.find(ISSUER);
    warnOfHttp(in, ISSUER, issuer);
    URI jwks = in.find(JWKS);
    warnOfHttp(in, JWKS, jwks);
    return new IssuerSettings(
        name(in, issuer),
        in.get(ISSUER),
        jwks,
        in.get(AUDIENCE),
        Set.copyOf(in.get(ALGORITHMS)),
        Set.copyOf(in.get(TYPES)),
        in.find(TRUST_DOMAIN),
        in.find(CA),
        in.place().line());
  }

  private static String name(Section in, @Nullable URI issuer) {
    if (in.has(NAME) || issuer == null) {
      return in.get(NAME);
    }
    if (issuer.getHost().matches(NAME_FORM)) {
      return issuer.getHost();
    }
    in.place(NAME).problem("nothing, and an issuer without a host name", NAME.type().expected());
    return in.get(NAME);
  }

  private static void warnOfHttp(Section in, Key<URI> key, @Nullable URI url) {
    if (url != null && url.getScheme().equals("http")) {
      in.place(key).warning("an issuer over http", "https, other than for development");
    }
  }

  static void nameClash(Section in, String name) {
    in.place(NAME).problem(Place.quoted(name) + " a second time", "a name of its own");
  }

  static void issuerClash(Section in) {
    in.place(ISSUER).problem("the same issuer a second time", "each issuer once");
  }
}
