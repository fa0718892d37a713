// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign health}: for container engines, whose images have no HTTP client. */
@Command(
    name = "health",
    description =
        "Asks a running gateway whether it serves calls; exit code 1 if it does not, or is not"
            + " there.",
    mixinStandardHelpOptions = true)
final class HealthCommand implements Callable<Integer> {
  private static final int CONNECT_MILLIS = 2_000;
  private static final int READ_MILLIS = 2_000;
  private static final int TEXT_BYTES_MAX = 4 << 10;

  @Parameters(
      paramLabel = "URL",
      arity = "0..1",
      defaultValue = "http://127.0.0.1:9901",
      description = "The gateway's admin address; ${DEFAULT-VALUE} unless said.")
  private URI admin = URI.create("");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    if (!"http".equals(admin.getScheme()) || admin.getHost() == null) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "expected a URL such as http://127.0.0.1:9901, found: " + admin);
    }
    PrintWriter out = spec.commandLine().getOut();
    try {
      HttpURLConnection connection = open(admin.resolve("/readyz"));
      int status = connection.getResponseCode();
      out.println(status + " " + text(connection));
      out.flush();
      return status == HttpURLConnection.HTTP_OK ? 0 : Main.NO;
    } catch (IOException e) {
      out.println("no answer from " + admin + ": " + Failures.words(e));
      out.flush();
      return Main.NO;
    }
  }

  /** Straight to the gateway: a proxy or another address would answer for itself. */
  private static HttpURLConnection open(URI page) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) page.toURL().openConnection(Proxy.NO_PROXY);
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(READ_MILLIS);
    return connection;
  }

  private static String text(HttpURLConnection connection) throws IOException {
    InputStream error = connection.getErrorStream();
    try (InputStream body = error == null ? connection.getInputStream() : error) {
      return new String(body.readNBytes(TEXT_BYTES_MAX), StandardCharsets.UTF_8).strip();
    }
  }
}
