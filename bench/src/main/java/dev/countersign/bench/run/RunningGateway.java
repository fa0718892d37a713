// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.cli.demo.DemoIssuer;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A gateway under test.
 *
 * @param name of its files
 * @param child its process
 * @param address where it listens
 * @param audit its log's directory
 * @param settings its settings file
 * @param issuer whose tokens it takes
 */
record RunningGateway(
    String name,
    Child child,
    InetSocketAddress address,
    Path audit,
    Path settings,
    DemoIssuer issuer)
    implements AutoCloseable {
  private static final Duration TOKEN_LIFE = Duration.ofHours(6);

  /** Host and port as clients write them. */
  String authority() {
    return "127.0.0.1:" + address.getPort();
  }

  /** A token of a caller for a route. */
  String token(String subject, String route) {
    return issuer.token(subject, "http://" + authority() + route, TOKEN_LIFE);
  }

  @Override
  public void close() {
    child.close();
  }
}
