// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** An answer that is read while it comes, line by line; closing it is what a client's end is. */
final class EventStream implements AutoCloseable {
  private static final Duration TIME = Duration.ofSeconds(15);
  private static final String END = "\0end";
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final HttpResponse<InputStream> response;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> seen = new ArrayList<>();

  private EventStream(HttpResponse<InputStream> response) {
    this.response = response;
    Thread.ofVirtual().name("an event stream").start(this::read);
  }

  /** Sends a request and waits for the head of its answer only. */
  static EventStream open(String verb, String url, String token, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(TIME)
            .header("authorization", "Bearer " + token)
            .header(
                "accept",
                verb.equals("GET") ? "text/event-stream" : "application/json, text/event-stream")
            .method(
                verb,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (!body.isEmpty()) {
      request.header("content-type", "application/json");
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    return new EventStream(CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream()));
  }

  int status() {
    return response.statusCode();
  }

  /** The next line that is so, fifteen seconds at most. */
  String line(Predicate<String> wanted) throws InterruptedException {
    long end = System.nanoTime() + TIME.toNanos();
    while (true) {
      String line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (line == null || line.equals(END)) {
        throw new AssertionError(
            "%s without what was waited for: %d %s"
                .formatted(line == null ? "silence" : "the end", status(), seen));
      }
      seen.add(line);
      if (wanted.test(line)) {
        return line;
      }
    }
  }

  /** The next event whose data has that in it; the data. */
  String event(String part) throws InterruptedException {
    return line(line -> line.startsWith("data:") && line.contains(part))
        .substring("data:".length())
        .strip();
  }

  /** The next id of an event. */
  String id() throws InterruptedException {
    return line(line -> line.startsWith("id:")).substring("id:".length()).strip();
  }

  /** Waits for the end; all lines since the start. */
  List<String> rest() throws InterruptedException {
    String line;
    do {
      line = lines.poll(TIME.toNanos(), TimeUnit.NANOSECONDS);
      if (line == null) {
        throw new AssertionError("it does not end: " + seen);
      }
      seen.add(line);
    } while (!line.equals(END));
    return List.copyOf(seen.subList(0, seen.size() - 1));
  }

  @Override
  public void close() throws IOException {
    response.body().close();
  }

  private void read() {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      reader.lines().forEach(lines::add);
    } catch (IOException | UncheckedIOException e) {
      // Cut off, by either side: an end as well.
      lines.add(END);
      return;
    }
    lines.add(END);
  }
}
