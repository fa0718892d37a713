// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code countersign demo-token}: asks the demo's issuer, and prints the token and nothing else.
 */
@Command(
    name = "demo-token",
    description = "For development: prints a token of a running demo-issuer.",
    hidden = true,
    mixinStandardHelpOptions = true)
final class DemoTokenCommand implements Callable<Integer> {
  private static final Duration TIME_MAX = Duration.ofSeconds(5);

  @Option(
      names = "--issuer",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8180",
      description = "The issuer; ${DEFAULT-VALUE} unless said.")
  private URI issuer = URI.create("");

  @Option(
      names = "--subject",
      required = true,
      paramLabel = "NAME",
      description = "Who the token is for.")
  private String subject = "";

  @Option(
      names = "--audience",
      required = true,
      paramLabel = "URL",
      description = "The route it is good for, such as http://127.0.0.1:8080/notes/mcp.")
  private String audience = "";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(issuer.resolve("/token"))
            .timeout(TIME_MAX)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "subject=" + encoded(subject) + "&audience=" + encoded(audience)))
            .build();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIME_MAX).build()) {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IOException("the issuer answered " + answer.statusCode());
      }
      JsonNode token = new ObjectMapper().readTree(answer.body()).path("access_token");
      if (!token.isTextual()) {
        throw new IOException("the issuer's answer holds none");
      }
      spec.commandLine().getOut().println(token.textValue());
      spec.commandLine().getOut().flush();
      return 0;
    } catch (IOException e) {
      spec.commandLine().getErr().println("countersign: no token: " + Failures.words(e));
      return Main.FAILED;
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
