// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.audit.AuditLog;
import dev.countersign.audit.Commitments;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import dev.countersign.config.ConfigWatcher;
import dev.countersign.config.Problem;
import dev.countersign.config.Sources;
import dev.countersign.gateway.Gateway;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.identity.Authenticator;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway with its log and its settings file: start, reload, stop. */
final class RunningGateway implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunningGateway.class);

  /** Between two looks at the files; also for how long a change must have stayed as it is. */
  private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

  /** Calls that took the old snapshot and have not authenticated by then do not exist. */
  private static final long LET_GO_SECONDS = 30;

  private final Path file;
  private final Map<String, String> environment;
  private final ConfigResult.Valid start;
  private final AuditLog log;
  private final Gateway gateway;
  private final Composition composition;
  private final ConfigWatcher watcher;

  /** In force; after the start only the watcher's thread reads and changes it. */
  private Snapshot snapshot;

  /** What the snapshot was made from: the settings file and every file it names. */
  private Sources inForce;

  private RunningGateway(
      Path file,
      Map<String, String> environment,
      ConfigResult.Valid start,
      AuditLog log,
      Gateway gateway,
      Composition composition,
      Duration lookInterval)
      throws IOException {
    this.file = file;
    this.environment = environment;
    this.start = start;
    this.inForce = start.sources();
    this.log = log;
    this.gateway = gateway;
    this.composition = composition;
    gateway.bind();
    this.snapshot = composition.snapshot(start.settings(), null);
    gateway.install(snapshot, "start");
    this.watcher = ConfigWatcher.start(start.sources(), lookInterval, this::reload);
  }

  /**
   * Starts a gateway on valid settings, and watches their files.
   *
   * @throws IOException when an address, the log, or a file of the settings cannot be had
   */
  static RunningGateway start(
      Path file, ConfigResult.Valid settings, Map<String, String> environment) throws IOException {
    return start(file, settings, environment, LOOK_INTERVAL);
  }

  static RunningGateway start(
      Path file, ConfigResult.Valid start, Map<String, String> environment, Duration lookInterval)
      throws IOException {
    GatewaySettings settings = start.settings();
    InstantSource clock = Clock.systemUTC();
    Meters meters = new Meters();
    AuditLog log = AuditLog.open(settings.audit(), clock, meters);
    try {
      Commitments commitments = Commitments.open(settings.audit().directory());
      Gateway gateway = new Gateway(settings, log, commitments, meters, clock);
      try {
        Composition composition = new Composition(gateway, meters, clock, environment);
        return new RunningGateway(
            file, environment, start, log, gateway, composition, lookInterval);
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

  /** Has the files read again at once, on another thread, without waiting for them to settle. */
  void requestReload() {
    watcher.request();
  }

  /** Reads the file again; puts it in force if it changed, or keeps what is and says why. */
  private Sources reload() {
    ConfigResult result = ConfigReader.reread(file, environment, start);
    warn(result);
    switch (result) {
      case ConfigResult.Invalid invalid ->
          refuse(result.revision(), invalid.problems().stream().map(Problem::text).toList());
      case ConfigResult.Valid valid when valid.sources().equals(inForce) ->
          LOG.atInfo().addKeyValue("revision", valid.revision()).log("settings unchanged");
      case ConfigResult.Valid valid -> apply(valid);
    }
    return result.sources();
  }

  private void apply(ConfigResult.Valid valid) {
    Authenticator before = snapshot.authenticator();
    Authenticator next = before;
    try {
      Snapshot built = composition.snapshot(valid.settings(), snapshot);
      next = built.authenticator();
      gateway.install(built, "reload");
      snapshot = built;
      inForce = valid.sources();
      if (next != before) {
        letGo(before);
      }
    } catch (IOException | RuntimeException e) {
      if (next != before) {
        next.close();
      }
      refuse(valid.revision(), List.of(file + ": " + Failures.words(e)));
    }
  }

  /** Not at once: calls that began with the old snapshot may still have to authenticate. */
  private static void letGo(Authenticator authenticator) {
    CompletableFuture.delayedExecutor(LET_GO_SECONDS, TimeUnit.SECONDS)
        .execute(authenticator::close);
  }

  /** Logs what somebody should look at. */
  static void warn(ConfigResult result) {
    for (Problem warning : result.warnings()) {
      LOG.atWarn().addKeyValue("warning", warning.words()).log("settings worth a look");
    }
  }

  private void refuse(String revision, List<String> problems) {
    for (String problem : problems) {
      LOG.atError()
          .addKeyValue("problem", problem)
          .addKeyValue("revision", snapshot.revision())
          .log("new settings refused, those in force kept");
    }
    gateway.refuseReload(revision, problems);
  }

  /** Drains, then stops in reverse order of start. */
  @Override
  public void close() {
    watcher.close();
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
