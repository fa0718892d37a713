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
import org.jspecify.annotations.Nullable;

/**
 * All that can be reloaded, live, as one immutable value. A call reads the reference once and keeps
 * what it read to its last record, which names {@link #revision}.
 */
public final class Snapshot {
  /** A policy that has not decided by then is indeterminate. */
  private static final Duration DECISION_TIME = Duration.ofSeconds(2);

  private final GatewaySettings settings;
  private final Map<String, Route> routes;
  private final Map<String, Route> metadataPaths;
  private final Map<String, ToolSchemas> schemas;
  private final Set<String> hosts;
  private final Authenticator authenticator;
  private final PolicyEngine engine;
  private final List<DecisionPoint> decisionPoints;
  private final @Nullable KeyRing stateKeys;

  /**
   * @param routes what is served
   * @param hosts accepted {@code Host} values, lower case, with and without port
   * @param loops how many event loops there are; each gets a decision point of its own
   * @param stateKeys the operator's keys of what is sealed, or null for the process's own
   */
  public Snapshot(
      GatewaySettings settings,
      List<Route> routes,
      Set<String> hosts,
      Authenticator authenticator,
      PolicyEngine engine,
      int loops,
      @Nullable KeyRing stateKeys) {
    this.settings = settings;
    Map<String, Route> byPath = new HashMap<>();
    Map<String, Route> byMetadata = new HashMap<>();
    Map<String, ToolSchemas> learned = new HashMap<>();
    for (Route route : routes) {
      byPath.put(route.path(), route);
      learned.put(route.path(), new ToolSchemas(System::nanoTime));
      byMetadata.put(ProtectedResource.wellKnownPath(route.path()), route);
    }
    this.routes = Map.copyOf(byPath);
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

  /** The route of this exact path, or null. */
  public @Nullable Route route(String path) {
    return routes.get(path);
  }

  /**
   * What is known of the tools behind a route of this snapshot; learned anew with each snapshot,
   * since new settings may mean another server.
   *
   * @throws IllegalArgumentException when there is no such route
   */
  public ToolSchemas toolSchemas(String path) {
    ToolSchemas learned = schemas.get(path);
    if (learned == null) {
      throw new IllegalArgumentException("no route at " + path);
    }
    return learned;
  }

  /** How many tools' schemas are kept, of all routes. */
  public int toolSchemasKept() {
    return schemas.values().stream().mapToInt(ToolSchemas::size).sum();
  }

  /** The route whose protected-resource metadata is at this exact path, or null. */
  public @Nullable Route metadataRoute(String path) {
    return metadataPaths.get(path);
  }

  /** Every route. */
  public Iterable<Route> routes() {
    return routes.values();
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
