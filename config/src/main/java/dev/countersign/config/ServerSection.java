// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.CommandSettings;
import dev.countersign.gateway.snapshot.SecretReference;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.gateway.snapshot.ServerSettings.EffectLabel;
import dev.countersign.gateway.snapshot.ServerSettings.StaticCredential;
import dev.countersign.policy.Effect;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One of {@code servers}. */
final class ServerSection {
  static final Type<Effect> EFFECT = new ChoiceType<>(List.of(Effect.values()), Effect::wire);

  static final Keys KEYS = new Keys("A tool server behind the gateway.");

  private static final Key<URI> URL =
      KEYS.add(
          Key.optional(
                  "url",
                  new UrlType(UrlType.Rule.ANY),
                  "Its MCP endpoint. Required, unless there is a `command`.")
              .example("https://mcp.github.example/mcp"));
  private static final CommandSection COMMAND = new CommandSection(KEYS);
  private static final Key<String> ENVIRONMENT =
      KEYS.add(
          Key.optional(
                  "environment",
                  new TextType("a word of at most 64 characters", "[A-Za-z0-9._-]{1,64}"),
                  "The word that policy gets for where it runs.")
              .example("prod"));
  private static final Keys CREDENTIAL_KEYS =
      new Keys("The secret that the gateway shows to the server; without it, none.");
  private static final Key<SecretReference> SECRET =
      CREDENTIAL_KEYS.add(
          Key.required(
                  "secret",
                  new SecretType(),
                  "Where the secret is: an environment variable, or a file whose content, without a"
                      + " final line end, it is.")
              .example("env:GITHUB_TOKEN")
              .neverShown());
  private static final Key<String> HEADER =
      CREDENTIAL_KEYS.add(
          Key.defaulted(
                  "header",
                  new TextType(
                      "authorization or an x- header, in lower case",
                      "authorization|x-[a-z0-9-]{1,60}"),
                  "authorization",
                  "The header that carries it.")
              .example("x-api-key"));
  private static final Key<String> PREFIX =
      CREDENTIAL_KEYS.add(
          Key.optional(
                  "prefix",
                  new TextType("a word and a blank such as \"Bearer \"", "[A-Za-z0-9]{0,20} ?"),
                  "What stands before the secret.")
              .otherwise("`\"Bearer \"` in authorization, else nothing")
              .example("\"Basic \""));
  private static final Key<Section> CREDENTIAL =
      KEYS.add(
          Key.optional(
                  "credential", SectionType.ifThere(CREDENTIAL_KEYS), CREDENTIAL_KEYS.meaning())
              .neverShown());
  private static final Key<Map<String, Effect>> EFFECTS = KEYS.add(effects());
  private static final Key<Path> CA =
      KEYS.add(
          Key.optional(
                  "ca",
                  new FileType(FileType.Holds.CERTIFICATES),
                  "The authorities that may have signed its TLS certificate.")
              .otherwise("those of the platform")
              .example("servers-ca.pem"));
  private static final Key<List<String>> FORWARD_HEADERS =
      KEYS.add(
          Key.defaulted(
                  "forward_headers",
                  // Nothing that frames the message, mirrors it, or could carry authority.
                  new ListType<>(
                      new TextType(
                          "a header of the client's own in lower case: x-…, not x-forwarded…, and"
                              + " without auth, token, key in its name",
                          "(?!x-forwarded)(?!.*(auth|token|key))x-[a-z0-9-]{1,60}"),
                      0),
                  List.of(),
                  "Headers of clients that are passed on.")
              .example("[x-tenant]"));

  private static final MessageKeys MESSAGES = new MessageKeys(KEYS);

  private static final Key<Boolean> HTTP2 =
      KEYS.add(
          Key.defaulted(
              "http2",
              new FlagType(),
              false,
              "Whether a server without TLS is spoken to in HTTP/2 from the first byte. With https"
                  + " the server chooses, and this has to be left out."));

  private static final Key<Boolean> HTTP_SSE =
      KEYS.add(
          Key.defaulted(
              "http_sse",
              new FlagType(),
              false,
              "Whether it speaks the old transport of 2024-11-05, HTTP+SSE, and `url` is where its"
                  + " stream is. Clients may use that transport on this route then, too. Implies"
                  + " `era: legacy`."));

  private ServerSection() {}

  /** The operator's labels on tools. */
  static Key<Map<String, Effect>> effects() {
    return Key.defaulted(
            "effects",
            new MapType<>(
                "a pattern of tools' names with at most five stars",
                "[^*\\x00-\\x1f]{0,256}(\\*{1,2}[^*\\x00-\\x1f]{0,256}){0,5}",
                EFFECT,
                0),
            Map.<String, Effect>of(),
            "What tools do to the world, by the operator's word: the first pattern that"
                + " matches a tool's whole name. `*` stops at `/` and `:`, `**` does not.")
        .example("{\"read_*\": read, \"**\": write}");
  }

  static Map<String, ServerSettings> build(Map<String, Section> sections) {
    Map<String, ServerSettings> servers = new LinkedHashMap<>();
    sections.forEach((name, section) -> servers.put(name, build(name, section)));
    return servers;
  }

  private static ServerSettings build(String name, Section in) {
    URI url = in.find(URL);
    if (url != null && UrlType.isInTheClear(url)) {
      warnOfHttp(in);
    }
    if (url != null && "https".equalsIgnoreCase(url.getScheme()) && in.get(HTTP2)) {
      in.place(HTTP2).problem("true with https", "an http URL: with https the server chooses");
    }
    oneOfBoth(in);
    CommandSettings command = COMMAND.build(in);
    return new ServerSettings(
        name,
        command == null ? in.get(URL) : command.uri(),
        command,
        in.find(ENVIRONMENT),
        credential(in.find(CREDENTIAL)),
        in.get(EFFECTS).entrySet().stream()
            .map(label -> new EffectLabel(label.getKey(), label.getValue()))
            .toList(),
        in.find(CA),
        in.get(FORWARD_HEADERS),
        in.get(HTTP2),
        in.get(HTTP_SSE),
        MESSAGES.build(in, in.get(HTTP_SSE)));
  }

  /** What has to stand together; the schema cannot say it. */
  private static void oneOfBoth(Section in) {
    if (!COMMAND.isIn(in)) {
      if (!in.has(URL)) {
        in.place(URL).problem("nothing", "the server's URL, or a command to run");
      }
      COMMAND.notWithoutCommand(in);
      return;
    }
    for (Key<?> key : List.of(URL, CREDENTIAL, CA, FORWARD_HEADERS, HTTP2, HTTP_SSE)) {
      if (in.has(key)) {
        in.place(key).problem(key.name() + " beside a command", "one of both");
      }
    }
  }

  private static void warnOfHttp(Section in) {
    if (in.has(CREDENTIAL)) {
      in.place(URL).problem("http off loopback", "https: the credential could be read on its way");
    } else {
      in.place(URL)
          .warning("http off loopback", "https: calls can be read and changed on their way");
    }
  }

  private static @Nullable StaticCredential credential(@Nullable Section in) {
    if (in == null) {
      return null;
    }
    String header = in.get(HEADER);
    String prefix = in.find(PREFIX);
    String otherwise = header.equals("authorization") ? "Bearer " : "";
    return new StaticCredential(header, prefix == null ? otherwise : prefix, in.get(SECRET));
  }
}
