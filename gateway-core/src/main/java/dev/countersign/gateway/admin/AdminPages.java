// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.admin;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.RequestHandler;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.telemetry.Meters;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Answers the admin address.
 *
 * <ul>
 *   <li>{@code /healthz}: 200 while the process runs.
 *   <li>{@code /readyz}: 200 when calls would be served, else 503; one line for each thing missing.
 *   <li>{@code /metrics}: Prometheus text, or OpenMetrics with exemplars for who accepts it.
 *   <li>{@code /revision}: the settings and policy in force, as JSON.
 * </ul>
 */
public final class AdminPages implements RequestHandler {
  private final Meters meters;
  private final Supplier<List<String>> missing;
  private final Supplier<String> revisionJson;
  private final Supplier<Set<String>> hosts;

  /**
   * @param missing what keeps the gateway from serving; empty when it is ready
   * @param revisionJson the answer of {@code /revision}
   * @param hosts accepted {@code Host} values, lower case
   */
  public AdminPages(
      Meters meters,
      Supplier<List<String>> missing,
      Supplier<String> revisionJson,
      Supplier<Set<String>> hosts) {
    this.meters = meters;
    this.missing = missing;
    this.revisionJson = revisionJson;
    this.hosts = hosts;
  }

  @Override
  public void handle(Exchange exchange) {
    String host = exchange.head().header("host");
    if (host == null
        || !hosts.get().contains(host.toLowerCase(Locale.ROOT))
        || exchange.head().header("origin") != null) {
      exchange.answer(text(403, "this address is not for browsers or other names\n"));
    } else if (!exchange.head().method().equals("GET")) {
      exchange.answer(text(405, "only GET\n"));
    } else {
      exchange.answer(page(exchange.head()));
    }
  }

  private Answer page(RequestHead head) {
    return switch (head.target()) {
      case "/healthz" -> text(200, "ok\n");
      case "/readyz" -> {
        List<String> wanting = missing.get();
        yield wanting.isEmpty()
            ? text(200, "ready\n")
            : text(503, String.join("\n", wanting) + "\n");
      }
      case "/metrics" -> metrics(head);
      case "/revision" ->
          new Answer(
              200,
              List.of(new Header("content-type", "application/json")),
              revisionJson.get().getBytes(StandardCharsets.UTF_8));
      default -> text(404, "there are /healthz, /readyz, /metrics and /revision\n");
    };
  }

  private Answer metrics(RequestHead head) {
    boolean openMetrics =
        String.join(",", head.headers("accept")).contains("application/openmetrics-text");
    return new Answer(
        200,
        List.of(new Header("content-type", openMetrics ? Meters.OPEN_METRICS : Meters.PROMETHEUS)),
        meters.scrape(openMetrics).getBytes(StandardCharsets.UTF_8));
  }

  private static Answer text(int status, String text) {
    return new Answer(
        status,
        List.of(new Header("content-type", "text/plain; charset=utf-8")),
        text.getBytes(StandardCharsets.UTF_8));
  }
}
