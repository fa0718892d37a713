// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** What calls see of new settings, grants among them, that are put in force under load. */
final class Reloads {
  private static final int GRANTS = 200;
  private static final long PAUSE_MILLIS = 700;

  private final Gateways gateways;
  private final RunningGateway gateway;
  private final Rounds rounds;
  private final int times;

  Reloads(Gateways gateways, RunningGateway gateway, Rounds rounds, int times) {
    this.gateways = gateways;
    this.gateway = gateway;
    this.rounds = rounds;
    this.times = times;
  }

  /** The row without, then with a reload every 700 ms. */
  GroupResult measure(Row row) throws IOException, InterruptedException {
    List<Sample> quiet = new ArrayList<>();
    List<Sample> during = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      quiet.add(rounds.measure(row));
      AtomicBoolean over = new AtomicBoolean();
      CompletableFuture<Void> reloading = CompletableFuture.runAsync(() -> reload(over));
      during.add(rounds.measure(row));
      over.set(true);
      reloading.join();
    }
    Row reloaded = new Row("reloaded every 0.7 s", row.target(), row.measured(), row.shape());
    return new GroupResult(
        new Group("at half of its greatest rate", row.name(), List.of(row, reloaded)),
        List.of(new RowResult(row, quiet, quiet), new RowResult(reloaded, during, quiet)));
  }

  private void reload(AtomicBoolean over) {
    try {
      for (int i = 0; !over.get(); i++) {
        gateways.settings(
            gateway.name(), gateway.audit(), 0, Gateways.Kind.withGrants(GRANTS + i % 2));
        new ProcessBuilder("kill", "-HUP", Long.toString(gateway.child().handle().pid()))
            .start()
            .waitFor();
        Thread.sleep(PAUSE_MILLIS);
      }
      gateways.settings(gateway.name(), gateway.audit(), 0, Gateways.Kind.USUAL);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
