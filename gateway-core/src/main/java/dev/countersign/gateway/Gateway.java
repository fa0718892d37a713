// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway;

import dev.countersign.audit.AuditLog;
import dev.countersign.audit.AuditUnavailableException;
import dev.countersign.audit.Commitments;
import dev.countersign.audit.ConfigLeaf;
import dev.countersign.gateway.admin.AdminPages;
import dev.countersign.gateway.call.CallLine;
import dev.countersign.gateway.call.CallLines;
import dev.countersign.gateway.call.ListenStreams;
import dev.countersign.gateway.http.BufferBudget;
import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.EventLoops;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.HttpLimits;
import dev.countersign.gateway.http.HttpListener;
import dev.countersign.gateway.http.HttpObserver;
import dev.countersign.gateway.http.RequestHandler;
import dev.countersign.gateway.http.ServerTls;
import dev.countersign.gateway.httpsse.HttpSseServers;
import dev.countersign.gateway.httpsse.HttpSseUpstream;
import dev.countersign.gateway.seal.KeyRing;
import dev.countersign.gateway.seal.Seal;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.sseclient.SseClients;
import dev.countersign.gateway.stdio.StdioServers;
import dev.countersign.gateway.task.TaskTable;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.Upstream;
import dev.countersign.gateway.upstream.UpstreamPools;
import dev.countersign.gateway.work.WorkPool;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running gateway. Made once, bound once, stopped once; what can change while it runs comes as a
 * new {@link Snapshot}.
 *
 * <p>{@link #bind} first, so that ports are known; then {@link #install} a snapshot, from which on
 * calls are served; then any number of further ones; at the end {@link #drain} and {@link #close}.
 * Until the first snapshot every call is refused and the gateway is not ready.
 */
public final class Gateway implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
  private static final Duration SWEEP = Duration.ofSeconds(10);
  private static final int ADMIN_CONNECTIONS_MAX = 64;
  private static final long ADMIN_BUFFER_BYTES_MAX = 1 << 20;

  private final GatewaySettings first;
  private final AuditLog log;
  private final Meters meters;
  private final EventLoops loops;
  private final UpstreamPools pools;
  private final StdioServers programs;
  private final HttpSseServers streams;
  private final SessionTable sessions;
  private final TaskTable tasks;
  private final SnapshotHolder snapshots = new SnapshotHolder();
  private final ServerTls tls;
  private final ListenStreams listenStreams = new ListenStreams();
  private final Seal seal = new Seal(this::stateKeys);
  private final BufferBudget budget;
  private final WorkPool work;
  private final BufferBudget localShare;
  private final GatewayGauges gauges;
  private final CallLine calls;
  private final HttpListener listener;
  private final HttpListener admin;
  private volatile boolean draining;
  private @Nullable InetSocketAddress address;
  private @Nullable InetSocketAddress adminAddress;

  /**
   * @param first the settings at start: addresses and event loops are fixed by them
   * @throws IOException when the certificate cannot be read
   */
  public Gateway(
      GatewaySettings first,
      AuditLog log,
      Commitments commitments,
      Meters meters,
      InstantSource clock)
      throws IOException {
    this.first = first;
    this.log = log;
    this.meters = meters;
    this.tls = tlsOf(first);
    this.loops = new EventLoops(first.listen().eventLoops());
    this.pools = new UpstreamPools(loops, meters);
    this.programs = new StdioServers(meters);
    this.sessions = new SessionTable(clock, seal);
    this.tasks = new TaskTable(clock);
    this.work = new WorkPool(meters);
    this.budget = new BufferBudget(() -> limits().bufferedBytesMax());
    this.localShare = budget.share(() -> {});
    BufferBudget streamsShare = budget.share(() -> {});
    this.streams =
        new HttpSseServers(pools, work, meters, () -> new BufferHold(budget, streamsShare));
    SseClients clients = new SseClients(this::serve, sessions, seal);
    this.calls =
        CallLines.of(
            snapshots,
            sessions,
            seal,
            log,
            commitments,
            meters,
            clock,
            budget,
            work,
            listenStreams,
            tasks,
            clients);
    this.listener = new HttpListener(loops, this::httpLimits, tls, calls, meters, clock, budget);
    this.admin =
        new HttpListener(
            loops,
            () ->
                new HttpLimits(
                    8 << 10,
                    ADMIN_CONNECTIONS_MAX,
                    1,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(75),
                    false),
            ServerTls.none(),
            new AdminPages(meters, this::missing, this::revisionJson, this::adminHosts),
            new Unobserved(),
            clock,
            new BufferBudget(() -> ADMIN_BUFFER_BYTES_MAX));
    this.gauges = new GatewayGauges(meters, snapshots);
    gauges.register(
        sessions,
        listenStreams,
        tasks,
        pools,
        programs,
        streams,
        clients,
        log,
        budget,
        work,
        () -> missing().isEmpty());
  }

  /**
   * Binds both addresses.
   *
   * @throws IOException when one is taken
   */
  public void bind() throws IOException {
    if (first.identity().localUser() != null) {
      throw new IllegalStateException("whoever could connect would be taken for the local user");
    }
    address = listener.bind(first.listen().address());
    adminAddress = admin.bind(first.admin().address());
    sweepLater();
  }

  /** In place of {@link #bind}: listens nowhere, and serves whoever has this object. */
  public void serveUnbound() {
    sweepLater();
  }

  private void serve(Exchange exchange) {
    calls.handle(exchange);
  }

  /** The way of every call; for requests that do not come over HTTP. */
  public RequestHandler calls() {
    return calls;
  }

  /** What a request that does not come over HTTP keeps in memory. */
  public BufferHold newHold() {
    return new BufferHold(budget, localShare);
  }

  /** Where clients connect. */
  public InetSocketAddress address() {
    return bound(address);
  }

  /** Where metrics and health are. */
  public InetSocketAddress adminAddress() {
    return bound(adminAddress);
  }

  /**
   * Scheme, host and port that clients use: the configured URL, else the bound loopback address.
   */
  public URI publicUrl(GatewaySettings settings) {
    URI configured = settings.listen().publicUrl();
    if (configured != null) {
      return configured;
    }
    InetSocketAddress at = address();
    String host = at.getAddress().getHostAddress();
    String literal = host.contains(":") ? "[" + host + "]" : host;
    String scheme = settings.listen().tls() == null ? "http" : "https";
    return URI.create(scheme + "://" + literal + ":" + at.getPort());
  }

  /** For making snapshots: the event loops. */
  public EventLoops loops() {
    return loops;
  }

  /** For making snapshots: the connections to servers. */
  public UpstreamPools pools() {
    return pools;
  }

  /** For making snapshots: the sessions with servers that speak HTTP+SSE. */
  public HttpSseServers streams() {
    return streams;
  }

  /** For making snapshots: the programs that run for servers. */
  public StdioServers programs() {
    return programs;
  }

  /**
   * Puts a snapshot in force; calls under way keep the one they began with.
   *
   * @param cause start or reload; goes on record
   * @return the snapshot that was in force before, to be let go of, or null
   * @throws IOException when the new certificate cannot be read; nothing has changed then
   */
  public @Nullable Snapshot install(Snapshot snapshot, String cause) throws IOException {
    tls.replaceBy(tlsOf(snapshot.settings()));
    record(new ConfigLeaf(snapshot.revision(), cause, true, List.of()));
    if (snapshots.current() != null) {
      meters.reloaded(true);
    }
    Snapshot before = snapshots.swap(snapshot);
    Set<Upstream> current = new HashSet<>();
    for (Route route : snapshot.routes()) {
      current.add(route.upstream());
      if (route.upstream() instanceof HttpSseUpstream server) {
        current.add(server.connections());
      }
    }
    streams.retain(current);
    pools.retain(current);
    programs.retain(current);
    gauges.registerKeyAges(snapshot.settings());
    gauges.registerPrograms(snapshot.settings());
    LOG.atInfo()
        .addKeyValue("revision", snapshot.revision())
        .addKeyValue("policy", snapshot.policyRevision())
        .addKeyValue("transport", loops.transport())
        .addKeyValue("tls", tls.provider())
        .log("settings in force");
    return before;
  }

  /** Puts on record that new settings were not taken. */
  public void refuseReload(String revision, List<String> problems) {
    meters.reloaded(false);
    record(new ConfigLeaf(revision, "reload", false, problems));
  }

  private void record(ConfigLeaf leaf) {
    try {
      log.append(leaf);
    } catch (AuditUnavailableException e) {
      LOG.atError().log("a change of settings could not be recorded");
    }
  }

  /** What keeps the gateway from serving calls, a line each; empty when it is ready. */
  public List<String> missing() {
    List<String> missing = new ArrayList<>();
    Snapshot snapshot = snapshots.current();
    if (draining) {
      missing.add("draining");
    }
    if (snapshot == null) {
      missing.add("no settings in force yet");
    } else if (!snapshot.authenticator().keysPresent()) {
      missing.add("no keys of an issuer yet");
    }
    if (!log.available()) {
      missing.add("audit log unavailable: " + log.unavailableReason());
    }
    return missing;
  }

  /**
   * Stops accepting and lets calls finish within the configured time. Blocks; not for event loops.
   *
   * @return connections that had to be cut
   */
  public int drain() throws InterruptedException {
    draining = true;
    Snapshot snapshot = snapshots.current();
    Duration grace = (snapshot == null ? first : snapshot.settings()).listen().drain();
    return listener.drain(grace);
  }

  /** Cuts what is left and frees everything but the audit log, which its opener closes. */
  @Override
  public void close() {
    draining = true;
    listener.close();
    sessions.endAll();
    admin.close();
    pools.close();
    programs.close();
    work.close();
    Snapshot snapshot = snapshots.current();
    if (snapshot != null) {
      snapshot.authenticator().close();
    }
    loops.close();
  }

  private void sweepLater() {
    var unused = loops.loops().getFirst().after(SWEEP, this::sweep);
  }

  private void sweep() {
    try {
      sessions.sweep(limits());
      tasks.sweep();
      programs.sweep();
    } catch (RuntimeException failure) {
      LOG.atError().setCause(failure).log("looking for what is over failed");
    } finally {
      if (!draining) {
        sweepLater();
      }
    }
  }

  private LimitSettings limits() {
    return settings().limits();
  }

  private GatewaySettings settings() {
    Snapshot snapshot = snapshots.current();
    return snapshot == null ? first : snapshot.settings();
  }

  private @Nullable KeyRing stateKeys() {
    Snapshot snapshot = snapshots.current();
    return snapshot == null ? null : snapshot.stateKeys();
  }

  private HttpLimits httpLimits() {
    GatewaySettings settings = settings();
    LimitSettings limits = settings.limits();
    return new HttpLimits(
        limits.headerBytesMax(),
        limits.connectionsMax(),
        limits.streamsPerConnectionMax(),
        limits.head(),
        limits.body(),
        limits.connectionIdle(),
        settings.listen().http2Cleartext());
  }

  private String revisionJson() {
    Snapshot snapshot = snapshots.current();
    return snapshot == null
        ? "{}\n"
        : "{\"revision\":\""
            + snapshot.revision()
            + "\",\"policy\":\""
            + snapshot.policyRevision()
            + "\",\"transport\":\""
            + loops.transport()
            + "\",\"tls\":\""
            + tls.provider()
            + "\"}\n";
  }

  private Set<String> adminHosts() {
    InetSocketAddress at = adminAddress();
    Set<String> hosts = new HashSet<>();
    for (String name :
        List.of("localhost", "127.0.0.1", "[::1]", first.admin().address().getHostString())) {
      hosts.add(name + ":" + at.getPort());
      hosts.add(name);
    }
    return hosts;
  }

  private static ServerTls tlsOf(GatewaySettings settings) throws IOException {
    var files = settings.listen().tls();
    return files == null ? ServerTls.none() : ServerTls.of(files.certificate(), files.key());
  }

  private static InetSocketAddress bound(@Nullable InetSocketAddress address) {
    if (address == null) {
      throw new IllegalStateException("not bound");
    }
    return address;
  }

  /** The admin address does not count its own visitors. */
  private static final class Unobserved implements HttpObserver {
    @Override
    public void opened() {}

    @Override
    public void closed() {}

    @Override
    public void streamOpened() {}

    @Override
    public void streamClosed() {}

    @Override
    public void refused(Refused what) {}
  }
}
