// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import dev.countersign.gateway.catalogue.ToolSchemas;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.seal.KeyRing;
import dev.countersign.identity.Authenticator;
import dev.countersign.identity.ProtectedResource;
import dev.countersign.policy.DecisionPoint;
import dev.countersign.policy.PolicyEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All that can be reloaded, live, as one immutable value. A call reads the reference once and keeps
 * what it read to its last record, which names {@link #revision}.
 */
public final class Snapshot {
  /** A policy that has not decided by then is indeterminate. */
  private static final Duration DECISION_TIME = Duration.ofSeconds(2);

  /** Where clients of 2024-11-05 post: a route's path, and what they are known by, sealed. */
  private static final Pattern MESSAGES =
      Pattern.compile("(?<route>/[^?]{0,256})/messages/(?<sealed>[A-Za-z0-9_-]{1,256})");

  private final GatewaySettings settings;
  private final Map<String, Entrance> entrances;
  private final Map<String, Entrance> metadataPaths;
  private final Map<String, ToolSchemas> schemas;
  private final Set<String> hosts;
  private final Authenticator authenticator;
  private final PolicyEngine engine;
  private final List<DecisionPoint> decisionPoints;
  private final @Nullable KeyRing stateKeys;

  /**
   * @param entrances what is served
   * @param hosts accepted {@code Host} values, lower case, with and without port
   * @param loops how many event loops there are; each gets a decision point of its own
   * @param stateKeys the operator's keys of what is sealed, or null for the process's own
   */
  public Snapshot(
      GatewaySettings settings,
      List<Entrance> entrances,
      Set<String> hosts,
      Authenticator authenticator,
      PolicyEngine engine,
      int loops,
      @Nullable KeyRing stateKeys) {
    this.settings = settings;
    Map<String, Entrance> byPath = new HashMap<>();
    Map<String, Entrance> byMetadata = new HashMap<>();
    for (Entrance entrance : entrances) {
      byPath.put(entrance.path(), entrance);
      byMetadata.put(ProtectedResource.wellKnownPath(entrance.path()), entrance);
    }
    Map<String, ToolSchemas> learned = new HashMap<>();
    for (String server : settings.servers().keySet()) {
      learned.put(server, new ToolSchemas(System::nanoTime));
    }
    this.entrances = Map.copyOf(byPath);
    this.metadataPaths = Map.copyOf(byMetadata);
    this.schemas = Map.copyOf(learned);
    Set<String> lower = new HashSet<>();
    hosts.forEach(host -> lower.add(host.toLowerCase(Locale.ROOT)));
    this.hosts = Set.copyOf(lower);
    this.authenticator = authenticator;
    this.engine = engine;
    this.stateKeys = stateKeys;
    List<DecisionPoint> points = new ArrayList<>(loops);
    for (int i = 0; i < loops; i++) {
      points.add(
          new DecisionPoint(
              engine.newEvaluator(), engine.name(), engine.revision(), DECISION_TIME));
    }
    this.decisionPoints = List.copyOf(points);
  }

  /** What the operator asked for. */
  public GatewaySettings settings() {
    return settings;
  }

  /** Names this snapshot in records, logs and on the admin address. */
  public String revision() {
    return settings.revision();
  }

  /** The revision of policy and grants. */
  public String policyRevision() {
    return engine.revision();
  }

  /** How many answers of policy are kept, on all loops. */
  public int policyAnswersKept() {
    return engine.answersKept();
  }

  /** What this exact path leads to, or null. */
  public @Nullable Entrance entrance(String path) {
    return entrances.get(path);
  }

  /** The route to whose clients such an address was given as theirs to post to, or null. */
  public @Nullable Route postedTo(String path) {
    Matcher address = MESSAGES.matcher(path);
    return address.matches()
            && entrances.get(address.group("route")) instanceof Route route
            && route.server().httpSse()
        ? route
        : null;
  }

  /** What a client is known by, of the address that it posts to; null for other paths. */
  public static @Nullable String messagesOf(String path) {
    Matcher address = MESSAGES.matcher(path);
    return address.matches() ? address.group("sealed") : null;
  }

  /**
   * What is known of a server's tools; learned anew with each snapshot, since new settings may mean
   * another server.
   *
   * @throws IllegalArgumentException when there is no such server
   */
  public ToolSchemas toolSchemas(String server) {
    ToolSchemas learned = schemas.get(server);
    if (learned == null) {
      throw new IllegalArgumentException("no server " + server);
    }
    return learned;
  }

  /** How many tools' schemas are kept, of all servers. */
  public int toolSchemasKept() {
    return schemas.values().stream().mapToInt(ToolSchemas::size).sum();
  }

  /** What the protected-resource metadata at this exact path is about, or null. */
  public @Nullable Entrance describedAt(String path) {
    return metadataPaths.get(path);
  }

  /** The way to one server under this exact path, or null. */
  public @Nullable Route route(String path, String server) {
    return switch (entrances.get(path)) {
      case Route route -> route.server().name().equals(server) ? route : null;
      case FederatedRoute federated -> federated.member(server);
      case null -> null;
    };
  }

  /** Every way to a server. */
  public List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    for (Entrance entrance : entrances.values()) {
      switch (entrance) {
        case Route route -> routes.add(route);
        case FederatedRoute federated -> routes.addAll(federated.members());
      }
    }
    return routes;
  }

  /** Whether a {@code Host} value names this gateway. */
  public boolean knowsHost(String host) {
    return hosts.contains(host.toLowerCase(Locale.ROOT));
  }

  /** Proves callers. */
  public Authenticator authenticator() {
    return authenticator;
  }

  /** The operator's keys of what is sealed, or null for the process's own. */
  public @Nullable KeyRing stateKeys() {
    return stateKeys;
  }

  /** The decision point of one event loop; used there and nowhere else. */
  public DecisionPoint decisionPoint(Loop loop) {
    return decisionPoints.get(loop.index());
  }
}
