// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class HealthCommandTest {
  private final HttpServer admin;
  private final StringWriter said = new StringWriter();

  HealthCommandTest() throws IOException {
    admin = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    admin.start();
  }

  @AfterEach
  void stop() {
    admin.stop(0);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "200, ready, 0",
    "503, no keys of an issuer yet, 1",
    "403, this address is not for browsers or other names, 1",
    "302, elsewhere, 1",
    "204, '', 1",
  })
  void onlyA200IsHealthy(int status, String text, int exit) {
    admin.createContext(
        "/readyz",
        exchange -> {
          try (exchange) {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Location", url() + "/ready");
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
          }
        });
    admin.createContext("/ready", exchange -> exchange.sendResponseHeaders(200, -1));

    assertThat(health(url())).isEqualTo(exit);
    assertThat(said.toString()).contains(Integer.toString(status)).contains(text);
  }

  @Test
  void gatewayThatIsNotThereIsNotHealthy() {
    String url = url();
    admin.stop(0);

    assertThat(health(url)).isEqualTo(1);
    assertThat(said.toString()).contains("no answer from " + url);
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://127.0.0.1:9901", "file:///etc/passwd", "127.0.0.1", "http:"})
  void whatIsNoAdminAddressIsWrongUsage(String url) {
    assertThat(health(url)).isEqualTo(2);
  }

  private String url() {
    return "http://127.0.0.1:" + admin.getAddress().getPort();
  }

  private int health(String url) {
    return new CommandLine(new HealthCommand())
        .setOut(new PrintWriter(said))
        .setErr(new PrintWriter(said))
        .execute(url);
  }
}
