// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.audit.AuditLog;
import dev.countersign.audit.AuditSettings;
import dev.countersign.audit.Commitments;
import dev.countersign.audit.DirectoryInUseException;
import dev.countersign.gateway.Gateway;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.wrap.StdioClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** A gateway for one client and one server, which listens nowhere. */
final class WrappedServer implements AutoCloseable {
  /** A client may run several of one name at a time; each has a log of its own. */
  private static final int LOGS_MAX = 32;

  private final GatewaySettings settings;
  private final AuditLog log;
  private final Gateway gateway;
  private final AtomicBoolean closed = new AtomicBoolean();

  private WrappedServer(GatewaySettings settings, AuditLog log, Gateway gateway) {
    this.settings = settings;
    this.log = log;
    this.gateway = gateway;
  }

  /**
   * Opens the log and makes everything ready; the server's program is started by the client's first
   * message.
   *
   * @throws IOException when the log cannot be had
   */
  static WrappedServer start(GatewaySettings settings, Map<String, String> environment)
      throws IOException {
    InstantSource clock = Clock.systemUTC();
    Meters meters = new Meters();
    AuditSettings audit = settings.audit();
    for (int i = 1; ; i++) {
      try {
        return start(settings, environment, clock, meters, audit);
      } catch (DirectoryInUseException e) {
        if (i == LOGS_MAX) {
          throw e;
        }
        Path next =
            settings
                .audit()
                .directory()
                .resolveSibling(settings.audit().directory().getFileName() + "-" + (i + 1));
        audit = new AuditSettings(next, audit.node(), audit.segmentBytes(), audit.queueMax());
      }
    }
  }

  private static WrappedServer start(
      GatewaySettings settings,
      Map<String, String> environment,
      InstantSource clock,
      Meters meters,
      AuditSettings audit)
      throws IOException {
    AuditLog log = AuditLog.open(audit, clock, meters);
    try {
      Gateway gateway =
          new Gateway(settings, log, Commitments.open(audit.directory()), meters, clock);
      try {
        gateway.serveUnbound();
        Composition composition = new Composition(gateway, meters, clock, environment);
        gateway.install(composition.snapshot(settings, null), "start");
        return new WrappedServer(settings, log, gateway);
      } catch (IOException | RuntimeException e) {
        gateway.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      log.close();
      throw e;
    }
  }

  /** Serves one client until it ends its input. */
  void serve(InputStream in, OutputStream out) throws IOException, InterruptedException {
    String name = settings.servers().keySet().iterator().next();
    var limits = settings.limits();
    new StdioClient(
            gateway.calls(),
            gateway::newHold,
            gateway.loops().loops().getFirst(),
            new StdioClient.Place(
                gateway.publicUrl(settings).getRawAuthority(), "/" + name + "/mcp"),
            JsonLimits.DEFAULTS.with(limits.bodyBytesMax(), limits.depthMax(), limits.tokensMax()),
            in,
            out)
        .run(settings.listen().drain());
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      gateway.close();
      log.close();
    }
  }
}
