// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway;

import dev.countersign.audit.AuditLog;
import dev.countersign.gateway.call.ListenStreams;
import dev.countersign.gateway.http.BufferBudget;
import dev.countersign.gateway.httpsse.HttpSseServers;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.sseclient.SseClients;
import dev.countersign.gateway.stdio.StdioServers;
import dev.countersign.gateway.task.TaskTable;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.UpstreamPools;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.identity.IssuerSettings;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/** What is read, and not counted, when metrics are. */
final class GatewayGauges {
  private final Meters meters;
  private final SnapshotHolder snapshots;
  private final Set<String> issuers = ConcurrentHashMap.newKeySet();

  GatewayGauges(Meters meters, SnapshotHolder snapshots) {
    this.meters = meters;
    this.snapshots = snapshots;
  }

  void register(
      SessionTable sessions,
      ListenStreams listenStreams,
      TaskTable tasks,
      UpstreamPools pools,
      StdioServers programs,
      HttpSseServers streams,
      SseClients clients,
      AuditLog log,
      BufferBudget budget,
      WorkPool work,
      BooleanSupplier ready) {
    meters.gauge("countersign_sessions", "Live legacy sessions.", sessions::size);
    meters.gauge("countersign_tasks", "Tasks whose owner is known.", tasks::size);
    meters.gauge(
        "countersign_listen_streams", "Open streams of modern clients.", listenStreams::size);
    meters.gauge(
        "countersign_subscriptions",
        "Resources whose changes legacy clients want to hear of.",
        sessions::subscriptions);
    meters.gauge("countersign_session_tasks", "Tasks of legacy sessions.", sessions::tasks);
    meters.gauge(
        "countersign_resumable_streams",
        "Streams of legacy requests that can be gone on with.",
        sessions::resumable);
    meters.gauge(
        "countersign_questions",
        "Questions of servers that wait for clients.",
        sessions::questions);
    meters.gauge(
        "countersign_upstream_connections", "Open connections to servers.", pools::connections);
    meters.gauge(
        "countersign_upstream_streams",
        "Exchanges under way on HTTP/2 connections to servers.",
        pools::streams);
    meters.gauge(
        "countersign_stdio_processes",
        "Programs that run for servers, and those that are being ended.",
        programs::processes);
    meters.gauge(
        "countersign_http_sse_server_streams",
        "Open streams of servers that speak HTTP+SSE.",
        streams::size);
    meters.gauge(
        "countersign_http_sse_clients", "Open streams of clients of HTTP+SSE.", clients::size);
    meters.gauge(
        "countersign_buffered_bytes", "Bodies and answers that are in memory.", budget::used);
    meters.gauge(
        "countersign_work_queue", "Large messages waiting to be read or digested.", work::waiting);
    meters.gauge(
        "countersign_tool_schemas", "Tools whose mirrored arguments are known.", this::toolSchemas);
    meters.gauge(
        "countersign_policy_answers",
        "Answers of policy that are kept for the same question.",
        this::policyAnswers);
    meters.gauge("countersign_audit_queue", "Leaves waiting to be durable.", log::queued);
    meters.gauge(
        "countersign_audit_available",
        "1 while records can be written.",
        () -> log.available() ? 1 : 0);
    meters.gauge(
        "countersign_ready", "1 while calls are served.", () -> ready.getAsBoolean() ? 1 : 0);
  }

  /** Issuers may come with any settings; the age of one that has gone is NaN. */
  void registerPrograms(GatewaySettings settings) {
    for (ServerSettings server : settings.servers().values()) {
      if (server.command() != null) {
        meters.program(server.name());
      }
    }
  }

  void registerKeyAges(GatewaySettings settings) {
    for (IssuerSettings issuer : settings.identity().issuers()) {
      if (issuers.add(issuer.name())) {
        meters.gauge(
            "countersign_issuer_key_age_seconds",
            "Age of the last good fetch of an issuer's keys; NaN when there was none.",
            "issuer",
            issuer.name(),
            () -> keyAge(issuer.name()));
      }
    }
  }

  private double toolSchemas() {
    Snapshot snapshot = snapshots.current();
    return snapshot == null ? 0 : snapshot.toolSchemasKept();
  }

  private double policyAnswers() {
    Snapshot snapshot = snapshots.current();
    return snapshot == null ? 0 : snapshot.policyAnswersKept();
  }

  private double keyAge(String issuer) {
    Snapshot snapshot = snapshots.current();
    Duration age = snapshot == null ? null : snapshot.authenticator().keyAges().get(issuer);
    return age == null ? Double.NaN : age.toMillis() / 1000.0;
  }
}
