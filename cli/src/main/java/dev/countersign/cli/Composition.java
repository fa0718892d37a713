// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.config.SecretSource;
import dev.countersign.gateway.Gateway;
import dev.countersign.gateway.catalogue.EffectLabels;
import dev.countersign.gateway.credential.UpstreamCredential;
import dev.countersign.gateway.seal.KeyRing;
import dev.countersign.gateway.seal.SealKey;
import dev.countersign.gateway.snapshot.CommandSettings;
import dev.countersign.gateway.snapshot.Entrance;
import dev.countersign.gateway.snapshot.FederatedRoute;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.SecretReference;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.stdio.Command;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.HttpUpstream;
import dev.countersign.gateway.upstream.Upstream;
import dev.countersign.identity.Authenticator;
import dev.countersign.identity.IdentitySettings;
import dev.countersign.identity.IssuerSettings;
import dev.countersign.identity.ProtectedResource;
import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import dev.countersign.policy.opa.WasmEngine;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settings to live objects: the one composition root. */
final class Composition {
  private static final String FEDERATED_PATH = "/mcp";
  private static final Logger LOG = LoggerFactory.getLogger(Composition.class);
  private static final int WARM_EVALUATIONS = 5_000;
  private static final Duration WARM_TIME_MAX = Duration.ofSeconds(1);
  private static final long KEYS_WAIT_MILLIS = 3_000;

  private final Gateway gateway;
  private final Meters meters;
  private final InstantSource clock;
  private final SecretSource secrets;
  private final Map<String, String> environment;

  Composition(
      Gateway gateway, Meters meters, InstantSource clock, Map<String, String> environment) {
    this.gateway = gateway;
    this.meters = meters;
    this.clock = clock;
    this.secrets = new SecretSource(environment);
    this.environment = Map.copyOf(environment);
  }

  /**
   * Builds everything that the settings ask for, and takes over of what is in force the keys and
   * verified tokens when callers prove who they are as before. What takes the place of something is
   * warmed first; at start, calls that come are better served slowly than not.
   *
   * @param before what is in force, or null at start
   * @throws IOException when a secret or a CA file cannot be read, or, in place of what is in
   *     force, when an issuer's keys cannot be had; nothing is left open then
   */
  Snapshot snapshot(GatewaySettings settings, @Nullable Snapshot before) throws IOException {
    Authenticator kept =
        before != null && isSame(before.settings().identity(), settings.identity())
            ? before.authenticator()
            : null;
    // First of all, because it begins to fetch keys.
    Authenticator authenticator =
        kept != null ? kept : new Authenticator(settings.identity(), clock, meters);
    try {
      URI publicUrl = gateway.publicUrl(settings);
      List<Entrance> entrances = entrances(settings, publicUrl);
      WasmEngine engine = WasmEngine.shipped(settings.grants());
      if (before != null) {
        engine.warm(sample(settings), WARM_EVALUATIONS, WARM_TIME_MAX);
      }
      KeyRing stateKeys = stateKeys(settings);
      if (kept == null) {
        awaitKeys(authenticator, settings, before == null || !before.authenticator().keysPresent());
      }
      return new Snapshot(
          settings,
          entrances,
          hosts(settings, publicUrl),
          authenticator,
          engine,
          gateway.loops().loops().size(),
          stateKeys);
    } catch (IOException | RuntimeException e) {
      if (kept == null) {
        authenticator.close();
      }
      throw e;
    }
  }

  private @Nullable KeyRing stateKeys(GatewaySettings settings) throws IOException {
    List<SealKey> keys = new ArrayList<>();
    try {
      for (SecretReference reference : settings.state().keys()) {
        keys.add(SealKey.of(secrets.read(reference)));
      }
      return keys.isEmpty() ? null : new KeyRing(keys);
    } catch (IllegalArgumentException e) {
      // The files have changed since the settings were checked.
      throw new IOException("state.keys: " + e.getMessage(), e);
    }
  }

  /** Whether both say the same, wherever it stands in the file. */
  private static boolean isSame(IdentitySettings one, IdentitySettings other) {
    return withoutLines(one).equals(withoutLines(other));
  }

  private static IdentitySettings withoutLines(IdentitySettings settings) {
    List<IssuerSettings> issuers = new ArrayList<>();
    for (IssuerSettings issuer : settings.issuers()) {
      issuers.add(
          new IssuerSettings(
              issuer.name(),
              issuer.issuer(),
              issuer.jwksUri(),
              issuer.audiences(),
              issuer.algorithms(),
              issuer.types(),
              issuer.trustDomain(),
              issuer.caFile(),
              -1));
    }
    return new IdentitySettings(
        issuers,
        settings.clockSkew(),
        settings.tokenCacheMax(),
        settings.tokenCacheTtl(),
        settings.tokenBytesMax());
  }

  private List<Entrance> entrances(GatewaySettings settings, URI publicUrl) throws IOException {
    List<Entrance> entrances = new ArrayList<>();
    Map<String, Route> routes = new HashMap<>();
    for (ServerSettings server : settings.servers().values()) {
      String path = "/" + server.name() + "/mcp";
      Route route =
          new Route(
              path,
              publicUrl + path,
              publicUrl + ProtectedResource.wellKnownPath(path),
              server,
              upstream(server, settings),
              credential(server),
              new EffectLabels(server.effects()));
      entrances.add(route);
      routes.put(server.name(), route);
    }
    if (!settings.federated().isEmpty()) {
      String resource = publicUrl + FEDERATED_PATH;
      String metadata = publicUrl + ProtectedResource.wellKnownPath(FEDERATED_PATH);
      List<Route> members =
          settings.federated().stream()
              .flatMap(name -> Stream.ofNullable(routes.get(name)))
              .map(own -> own.under(FEDERATED_PATH, resource, metadata))
              .toList();
      entrances.add(new FederatedRoute(FEDERATED_PATH, resource, metadata, members));
    }
    return entrances;
  }

  private Upstream upstream(ServerSettings server, GatewaySettings settings) throws IOException {
    CommandSettings command = server.command();
    if (command == null && server.httpSse()) {
      return gateway.streams().to(server, settings.limits());
    }
    if (command == null) {
      return HttpUpstream.to(server, settings.limits(), gateway.pools());
    }
    Map<String, String> values = new HashMap<>();
    for (Map.Entry<String, SecretReference> secret : command.secrets().entrySet()) {
      values.put(secret.getKey(), secrets.read(secret.getValue()));
    }
    // Who wraps a single server has been given its environment, and none of a gateway's own.
    Command program =
        settings.identity().localUser() == null
            ? Command.clean(command, environment, values)
            : Command.withAll(command, environment, values);
    return gateway.programs().to(server.name(), program, settings.limits());
  }

  private UpstreamCredential credential(ServerSettings server) throws IOException {
    ServerSettings.StaticCredential setting = server.credential();
    return setting == null
        ? UpstreamCredential.NONE
        : UpstreamCredential.header(
            setting.secret().toString(),
            setting.header(),
            setting.prefix() + secrets.read(setting.secret()));
  }

  /**
   * Waits a little, so that the first calls find keys. Without them tokens are refused until there
   * are some, which is better than nothing, but not better than what has them.
   *
   * @param mayLackKeys there is nothing in force that has them
   */
  private static void awaitKeys(
      Authenticator authenticator, GatewaySettings settings, boolean mayLackKeys)
      throws IOException {
    try {
      authenticator.ready().get(KEYS_WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException | ExecutionException e) {
      LOG.atWarn().log("keys of an issuer take their time");
    }
    if (authenticator.keysPresent()) {
      return;
    }
    Set<String> without = new TreeSet<>();
    settings.identity().issuers().forEach(issuer -> without.add(issuer.name()));
    without.removeAll(authenticator.keyAges().keySet());
    if (!mayLackKeys) {
      throw new IOException("no keys of the issuers " + without + "; reload once they answer");
    }
    LOG.atWarn()
        .addKeyValue("issuers", without)
        .log("no keys of some issuers yet; their tokens are refused until there are");
  }

  private static Set<String> hosts(GatewaySettings settings, URI publicUrl) {
    Set<String> hosts = new HashSet<>(settings.listen().allowedHosts());
    String authority = publicUrl.getRawAuthority();
    hosts.add(authority);
    boolean secure = "https".equals(publicUrl.getScheme());
    if (publicUrl.getPort() < 0) {
      hosts.add(authority + (secure ? ":443" : ":80"));
    } else if (publicUrl.getPort() == (secure ? 443 : 80)) {
      hosts.add(publicUrl.getHost());
    }
    return hosts;
  }

  private static AccessRequest sample(GatewaySettings settings) {
    return new AccessRequest(
        new AccessRequest.Call("warm", "tools/call", "2026-07-28", Trigger.REQUEST, 0, null),
        new AccessRequest.Caller(
            "oidc:warm:caller", "oidc", "", "", null, null, "bearer", List.of(), null, List.of()),
        new AccessRequest.Session(null, -1, -1),
        null,
        new AccessRequest.Server(settings.servers().keySet().iterator().next(), "", null),
        new AccessRequest.Target(TargetKind.TOOL, "warm", false, null, null, Map.of()),
        null,
        new AccessRequest.Context(Instant.EPOCH, null, settings.node(), ""));
  }
}
