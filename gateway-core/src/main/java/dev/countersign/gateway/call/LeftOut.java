// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.telemetry.Meters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts and logs servers that are left out of what a client gets from several. */
final class LeftOut {
  private static final Logger LOG = LoggerFactory.getLogger(LeftOut.class);

  private final Meters meters;

  LeftOut(Meters meters) {
    this.meters = meters;
  }

  /** One that did not answer well, unless policy keeps it from the caller. */
  void unlessAnswered(FanOut.Said said) {
    boolean answered = said.result() != null || said.answer().status() / 100 == 2;
    if (!answered && !said.hidden()) {
      server(said.server());
    }
  }

  /** One that failed. */
  void server(String name) {
    meters.memberLeftOut();
    LOG.atWarn().addKeyValue("server", name).log("left out of a federated answer");
  }
}
