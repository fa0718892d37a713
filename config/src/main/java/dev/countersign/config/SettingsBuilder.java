// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.audit.AuditSettings;
import dev.countersign.gateway.snapshot.AdminSettings;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.ListenSettings;
import dev.countersign.gateway.snapshot.SecretReference;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.identity.IdentitySettings;
import dev.countersign.identity.IssuerSettings;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Grant;
import dev.countersign.policy.Grants;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sections to settings; every semantic rule of the file is here. */
final class SettingsBuilder {
  private static final Set<String> ALGORITHMS =
      Set.of("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512");
  private static final URI NOWHERE = URI.create("http://127.0.0.1/");

  private final Map<String, String> environment;

  SettingsBuilder(Map<String, String> environment) {
    this.environment = environment;
  }

  GatewaySettings build(Section file, String revision) {
    String node = file.text("node");
    String name = node == null ? environment.getOrDefault("HOSTNAME", "gateway") : node;
    if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
      file.problem("node", Section.quoted(name), "a name of letters, digits, dots and dashes");
    }
    Map<String, ServerSettings> servers = servers(file.section("servers"));
    GatewaySettings settings =
        new GatewaySettings(
            name,
            listen(file.section("listen")),
            limits(file.section("limits")),
            identity(file.section("identity")),
            servers,
            policy(file.section("policy"), servers.keySet()),
            audit(file.section("audit"), name),
            admin(file.section("admin")),
            revision);
    file.done();
    return settings;
  }

  private static ListenSettings listen(Section in) {
    InetSocketAddress address = in.address("address", "127.0.0.1:8080");
    String publicText = in.text("public_url");
    URI publicUrl = publicText == null ? null : in.url("public_url", publicText);
    if (publicUrl != null && !publicUrl.getRawPath().isEmpty()) {
      in.problem("public_url", Section.quoted(publicUrl.toString()), "scheme, host and port only");
    }
    boolean loopback = address.isUnresolved() || address.getAddress().isLoopbackAddress();
    if (!loopback && publicText == null) {
      in.problem("public_url", "nothing", "the URL that clients use, off loopback");
    }
    Section tls = in.section("tls");
    Path certificate = tls.file("certificate");
    Path key = tls.file("key");
    if ((certificate == null) != (key == null)) {
      tls.problem("", "one of two", "certificate and key");
    }
    tls.done();
    int loops = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 64);
    ListenSettings listen =
        new ListenSettings(
            address,
            publicUrl,
            lower(in.texts("allowed_hosts")),
            new LinkedHashSet<>(in.texts("allowed_origins")),
            certificate == null || key == null
                ? null
                : new ListenSettings.TlsSettings(certificate, key),
            in.number("event_loops", loops, 1, 64),
            in.duration("drain", Duration.ofSeconds(20), Duration.ZERO, Duration.ofHours(1)));
    in.done();
    return listen;
  }

  private static Set<String> lower(List<String> texts) {
    Set<String> lower = new LinkedHashSet<>();
    texts.forEach(text -> lower.add(text.toLowerCase(Locale.ROOT)));
    return lower;
  }

  private static LimitSettings limits(Section in) {
    LimitSettings d = LimitSettings.DEFAULTS;
    Duration tick = Duration.ofMillis(100);
    Duration hour = Duration.ofHours(1);
    Duration week = Duration.ofDays(7);
    LimitSettings limits =
        new LimitSettings(
            in.duration("head", d.head(), tick, hour),
            in.duration("body", d.body(), tick, hour),
            (int) in.bytes("header_bytes", d.headerBytesMax(), 1 << 10, 1 << 20),
            (int) in.bytes("body_bytes", d.bodyBytesMax(), 1 << 10, 256 << 20),
            (int) in.bytes("event_bytes", d.eventBytesMax(), 1 << 10, 256 << 20),
            (int) in.bytes("answer_bytes", d.answerBytesMax(), 1 << 10, 256 << 20),
            in.number("depth", d.depthMax(), 8, 1000),
            in.number("tokens", d.tokensMax(), 1000, 10_000_000),
            in.number("connections", d.connectionsMax(), 1, 1_000_000),
            in.number("calls_per_caller", d.callsPerCallerMax(), 1, 100_000),
            in.number("streams_per_session", d.streamsPerSessionMax(), 1, 1000),
            in.number("sessions_per_caller", d.sessionsPerCallerMax(), 1, 1_000_000),
            in.number("sessions", d.sessionsMax(), 1, 10_000_000),
            in.duration("session_idle", d.sessionIdle(), tick, week),
            in.duration("session_age", d.sessionAgeMax(), tick, week),
            in.duration("upstream_connect", d.upstreamConnect(), tick, hour),
            in.duration("upstream_head", d.upstreamHead(), tick, hour),
            in.duration("call", d.call(), tick, Duration.ofDays(1)),
            in.duration("stream_idle", d.streamIdle(), tick, week),
            in.duration("keep_alive", d.keepAlive(), tick, hour),
            in.duration("connection_idle", d.connectionIdle(), tick, hour),
            in.duration("upstream_idle", d.upstreamIdle(), tick, hour),
            in.number("upstream_connections", d.upstreamConnectionsMax(), 1, 100_000));
    in.done();
    return limits;
  }

  private static IdentitySettings identity(Section in) {
    List<IssuerSettings> issuers = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Section one : in.sections("issuers")) {
      IssuerSettings issuer = issuer(one);
      if (!names.add(issuer.name()) || !names.add(issuer.issuer().toString())) {
        one.problem("name", Section.quoted(issuer.name()), "names and issuers that differ");
      }
      issuers.add(issuer);
    }
    if (issuers.isEmpty()) {
      in.problem("issuers", "nothing", "at least one issuer: nobody could prove who they are");
    }
    Section cache = in.section("token_cache");
    IdentitySettings identity =
        new IdentitySettings(
            issuers,
            in.duration("clock_skew", Duration.ofSeconds(30), Duration.ZERO, Duration.ofMinutes(2)),
            cache.number("entries", 10_000, 1, 1_000_000),
            cache.duration(
                "ttl", Duration.ofMinutes(1), Duration.ofSeconds(1), Duration.ofMinutes(5)),
            (int) in.bytes("token_bytes", 16 << 10, 1 << 10, 64 << 10));
    cache.done();
    in.done();
    return identity;
  }

  private static IssuerSettings issuer(Section in) {
    URI issuer = secureUrl(in, "issuer", in.required("issuer", "the exact iss of its tokens"));
    String jwks = in.text("jwks");
    String name = in.text("name");
    List<String> algorithms = in.texts("algorithms");
    for (String algorithm : algorithms) {
      if (!ALGORITHMS.contains(algorithm)) {
        in.problem("algorithms", Section.quoted(algorithm), "asymmetric ones: " + ALGORITHMS);
      }
    }
    List<String> types = in.texts("types");
    IssuerSettings settings =
        new IssuerSettings(
            name == null ? issuer.getHost() : name,
            issuer,
            jwks == null ? null : secureUrl(in, "jwks", jwks),
            in.texts("audience"),
            algorithms.isEmpty() ? Set.of("ES256", "RS256") : Set.copyOf(algorithms),
            types.isEmpty() ? Set.of("at+jwt") : lower(types),
            in.text("trust_domain"),
            in.file("ca"),
            in.line());
    if (!settings.name().matches("[A-Za-z0-9.-]{1,64}")) {
      in.problem("name", Section.quoted(settings.name()), "letters, digits, dots and dashes");
    }
    in.done();
    return settings;
  }

  private static URI secureUrl(Section in, String key, String text) {
    URI url = text.isEmpty() ? null : in.url(key, text);
    if (url == null) {
      return NOWHERE;
    }
    if (url.getScheme().equals("http") && !isLoopback(url)) {
      in.problem(key, Section.quoted(text), "https, except on loopback");
    }
    return url;
  }

  private static boolean isLoopback(URI url) {
    return Set.of("127.0.0.1", "[::1]", "localhost").contains(url.getHost());
  }

  private Map<String, ServerSettings> servers(Section in) {
    Map<String, ServerSettings> servers = new LinkedHashMap<>();
    for (String name : in.names()) {
      if (!name.matches("[a-z][a-z0-9-]{0,31}")) {
        in.problem(name, Section.quoted(name), "a name like [a-z][a-z0-9-]{0,31}");
      }
      servers.put(name, server(name, in.section(name)));
    }
    if (servers.isEmpty()) {
      in.problem("", "nothing", "at least one server");
    }
    return servers;
  }

  private ServerSettings server(String name, Section in) {
    String text = in.required("url", "the server's MCP endpoint");
    URI url = text.isEmpty() ? null : in.url("url", text);
    ServerSettings.StaticCredential credential = credential(in);
    if (url != null && url.getScheme().equals("http") && !isLoopback(url) && credential != null) {
      in.problem("url", Section.quoted(text), "https: the credential would travel in the clear");
    }
    List<ServerSettings.EffectLabel> effects = new ArrayList<>();
    Section labels = in.section("effects");
    for (String pattern : labels.names()) {
      effect(labels, pattern, labels.text(pattern))
          .ifPresent(effect -> effects.add(new ServerSettings.EffectLabel(pattern, effect)));
    }
    List<String> forward = new ArrayList<>(lower(in.texts("forward_headers")));
    for (String header : forward) {
      if (!forwardable(header)) {
        in.problem("forward_headers", Section.quoted(header), "a header of the client's own");
      }
    }
    ServerSettings server =
        new ServerSettings(
            name,
            url == null ? NOWHERE : url,
            in.text("environment"),
            credential,
            effects,
            in.file("ca"),
            forward);
    in.done();
    return server;
  }

  /** Nothing that frames the message, mirrors it, or could carry somebody's authority. */
  private static boolean forwardable(String header) {
    return header.matches("x-[a-z0-9-]{1,60}")
        && !header.startsWith("x-forwarded")
        && !header.contains("auth")
        && !header.contains("token")
        && !header.contains("key");
  }

  private ServerSettings.@Nullable StaticCredential credential(Section in) {
    if (!in.has("credential")) {
      return null;
    }
    Section credential = in.section("credential");
    String header = credential.text("header");
    String prefix = credential.text("prefix");
    String name = header == null ? "authorization" : header.toLowerCase(Locale.ROOT);
    if (!name.equals("authorization") && !name.matches("x-[a-z0-9-]{1,60}")) {
      credential.problem("header", Section.quoted(name), "authorization or an x- header");
    }
    SecretReference secret = secret(credential);
    credential.done();
    String start = prefix == null && name.equals("authorization") ? "Bearer " : prefix;
    return secret == null
        ? null
        : new ServerSettings.StaticCredential(name, start == null ? "" : start, secret);
  }

  private @Nullable SecretReference secret(Section in) {
    String text = in.text("secret");
    SecretReference reference = null;
    if (text != null && text.startsWith("env:")) {
      reference = new SecretReference(SecretReference.Source.ENV, text.substring(4));
    } else if (text != null && text.startsWith("file:")) {
      Path file = in.base().resolve(text.substring(5));
      reference = new SecretReference(SecretReference.Source.FILE, file.toString());
    }
    if (reference == null) {
      // What stands there may be the secret itself, so it is not shown.
      in.problem("secret", "something else", "a reference: env:NAME or file:PATH");
      return null;
    }
    try {
      new SecretSource(environment).read(reference);
    } catch (IOException e) {
      in.problem("secret", reference.toString(), "a place that holds a secret");
    }
    return reference;
  }

  private static java.util.Optional<Effect> effect(Section in, String key, @Nullable String text) {
    for (Effect effect : Effect.values()) {
      if (text != null && effect.name().toLowerCase(Locale.ROOT).equals(text)) {
        return java.util.Optional.of(effect);
      }
    }
    in.problem(
        key, text == null ? "nothing" : Section.quoted(text), "read, write, destructive or egress");
    return java.util.Optional.empty();
  }

  private static List<Grant> policy(Section in, Set<String> servers) {
    String engine = in.text("engine");
    if (engine != null && !engine.equals("opa")) {
      in.problem("engine", Section.quoted(engine), "opa");
    }
    List<Grant> grants = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Section one : in.sections("grants")) {
      Grant grant = grant(one, grants.size());
      if (!names.add(grant.name())) {
        one.problem("name", Section.quoted(grant.name()), "a name of its own");
      }
      List<String> problems = Grants.problems(grant);
      problems.forEach(problem -> one.problem("", problem, "a grant that can be compiled"));
      if (problems.isEmpty()) {
        knownServers(one, grant, servers);
      }
      grants.add(grant);
    }
    in.done();
    return grants;
  }

  private static void knownServers(Section in, Grant grant, Set<String> servers) {
    for (List<String> targets : List.of(grant.allow(), grant.approve(), grant.deny())) {
      for (String target : targets) {
        String plain = target.replaceFirst("^(resource|prompt):", "");
        String server = plain.substring(0, plain.indexOf('/'));
        if (!server.contains("*") && !servers.contains(server)) {
          in.problem("", "the server " + Section.quoted(server), "one of " + servers);
        }
      }
    }
  }

  private static Grant grant(Section in, int index) {
    Set<Effect> effects = new LinkedHashSet<>();
    for (String text : in.texts("effects")) {
      effect(in, "effects", text).ifPresent(effects::add);
    }
    String name = in.text("name");
    Grant grant =
        new Grant(
            name == null ? "grant-" + index : name,
            in.texts("caller"),
            in.texts("allow"),
            in.texts("approve"),
            in.texts("deny"),
            in.texts("approvers"),
            effects,
            in.line());
    in.done();
    return grant;
  }

  private static AuditSettings audit(Section in, String node) {
    String directory = in.required("directory", "where records are kept");
    AuditSettings audit =
        new AuditSettings(
            in.base().resolve(directory),
            node,
            in.bytes("segment", 64 << 20, 1 << 20, 1L << 30),
            in.number("queue", 65_536, 16, 10_000_000));
    in.done();
    return audit;
  }

  private static AdminSettings admin(Section in) {
    AdminSettings admin = new AdminSettings(in.address("address", "127.0.0.1:9901"));
    in.done();
    return admin;
  }
}
