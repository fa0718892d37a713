// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.SignedJWT;
import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The demo's parts, each in a process of its own, as compose starts them. */
final class DemoPartsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void issuerSaysItIsForDevelopmentAndItsTokensCanBeHad(@TempDir Path folder) throws Exception {
    try (CliProcess issuer = CliProcess.start(folder, "demo-issuer", "--port", "0")) {
      String url = listening(issuer);

      assertThat(url).startsWith("http://127.0.0.1:");
      assertThat(
              execute(
                  new DemoTokenCommand(),
                  "--issuer=" + url,
                  "--subject=research",
                  "--audience=http://127.0.0.1:8080/notes/mcp"))
          .isZero();
      SignedJWT token = SignedJWT.parse(out.toString().strip());
      assertThat(token.getJWTClaimsSet().getIssuer()).isEqualTo(url);
      assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("research");
      assertThat(token.getJWTClaimsSet().getAudience())
          .containsExactly("http://127.0.0.1:8080/notes/mcp");
      assertThat(issuer.said()).contains("FOR DEVELOPMENT ONLY").doesNotContain("eyJ");
    }
  }

  @Test
  void issuerWithoutATokenEndpointGivesNone() throws IOException {
    try (DemoIssuer issuer = new DemoIssuer()) {
      assertThat(
              execute(
                  new DemoTokenCommand(),
                  "--issuer=" + issuer.issuer(),
                  "--subject=a",
                  "--audience=b"))
          .isEqualTo(3);
      assertThat(out.toString()).isEmpty();
      assertThat(err.toString()).contains("404");
    }
  }

  @Test
  void toolServerIsOnLoopbackUnlessToldOtherwise(@TempDir Path folder) throws Exception {
    try (CliProcess server = CliProcess.start(folder, "demo-server", "--address", "127.0.0.1:0")) {
      String url = listening(server);

      assertThat(get(url)).isEqualTo(405);
      assertThat(execute(new HealthCommand(), url)).isZero();
      assertThat(server.said()).contains("FOR DEVELOPMENT ONLY");
    }
  }

  @Test
  void toolServerGoesOffLoopbackWhenToldTwice(@TempDir Path folder) throws Exception {
    try (CliProcess server =
        CliProcess.start(
            folder,
            "demo-server",
            "--off-loopback",
            "--address=0.0.0.0:0",
            "--authority=notes:3001")) {
      assertThat(listening(server)).isEqualTo("http://notes:3001/mcp");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "--address=0.0.0.0:3001 --authority=notes:3001, --off-loopback",
    "--address=0.0.0.0:3001 --off-loopback, --authority",
    "--address=127.0.0.2:3001, --authority",
    "--address=notes:3001, an IP address and a port",
    "--address=3001, an IP address and a port",
    "--address=127.0.0.1:70000, an IP address and a port",
  })
  void toolServerRefusesWhatCouldOpenItByMistake(String arguments, String why) {
    assertThat(execute(new DemoServerCommand(), arguments.split(" ", -1))).isEqualTo(2);
    assertThat(err.toString()).contains(why);
  }

  private int execute(Object command, String... arguments) {
    return new CommandLine(command)
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  private static String listening(CliProcess process) throws IOException {
    String line = process.line();
    assertThat(line).startsWith("listening on ");
    return line.substring("listening on ".length());
  }

  private static int get(String url) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create(url)).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }
}
