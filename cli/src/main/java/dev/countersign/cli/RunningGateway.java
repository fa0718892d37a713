// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.audit.AuditLog;
import dev.countersign.audit.Commitments;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import dev.countersign.config.Problem;
import dev.countersign.gateway.Gateway;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.telemetry.Meters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway with its log and its settings file: start, reload, stop. */
final class RunningGateway implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunningGateway.class);

  private final Path file;
  private final Map<String, String> environment;
  private final AuditLog log;
  private final Gateway gateway;
  private final Composition composition;

  private RunningGateway(
      Path file,
      Map<String, String> environment,
      AuditLog log,
      Gateway gateway,
      Composition composition) {
    this.file = file;
    this.environment = environment;
    this.log = log;
    this.gateway = gateway;
    this.composition = composition;
  }

  /**
   * Starts a gateway on valid settings.
   *
   * @throws IOException when an address, the log, or a file of the settings cannot be had
   */
  static RunningGateway start(Path file, GatewaySettings settings, Map<String, String> environment)
      throws IOException {
    InstantSource clock = Clock.systemUTC();
    Meters meters = new Meters();
    AuditLog log = AuditLog.open(settings.audit(), clock, meters);
    try {
      Commitments commitments = Commitments.open(settings.audit().directory());
      Gateway gateway = new Gateway(settings, log, commitments, meters, clock);
      Composition composition = new Composition(gateway, meters, clock, environment);
      RunningGateway running = new RunningGateway(file, environment, log, gateway, composition);
      try {
        gateway.bind();
        gateway.install(composition.snapshot(settings), "start");
        return running;
      } catch (IOException | RuntimeException e) {
        gateway.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      log.close();
      throw e;
    }
  }

  Gateway gateway() {
    return gateway;
  }

  /** Reads the file again; puts it in force, or keeps what is and says why. */
  synchronized void reload() {
    switch (ConfigReader.read(file, environment)) {
      case ConfigResult.Invalid invalid ->
          refuse(invalid.problems().stream().map(Problem::text).toList());
      case ConfigResult.Valid valid -> {
        try {
          Snapshot before = gateway.install(composition.snapshot(valid.settings()), "reload");
          if (before != null) {
            before.authenticator().close();
          }
        } catch (IOException e) {
          refuse(List.of(String.valueOf(e.getMessage())));
        }
      }
    }
  }

  private void refuse(List<String> problems) {
    problems.forEach(problem -> LOG.atError().addKeyValue("problem", problem).log("settings kept"));
    gateway.refuseReload("", problems);
  }

  /** Drains, then stops in reverse order of start. */
  @Override
  public void close() {
    try {
      int cut = gateway.drain();
      LOG.atInfo().addKeyValue("connections_cut", cut).log("drained");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    gateway.close();
    log.close();
  }
}
