// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Event;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A client of 2024-11-05 with its stream. */
final class HttpSseClient implements AutoCloseable {
  private final WireGateway gateway;
  private final String subject;
  private final Events events;
  private final URI endpoint;

  private HttpSseClient(WireGateway gateway, String subject, Events events, URI endpoint) {
    this.gateway = gateway;
    this.subject = subject;
    this.events = events;
    this.endpoint = endpoint;
  }

  /** The request for a stream. */
  static HttpRequest.Builder opening(WireGateway gateway, String subject) {
    return gateway.as(subject).setHeader("accept", "text/event-stream").GET();
  }

  /** Opens the stream and reads where to post. */
  static HttpSseClient open(WireGateway gateway, String subject) throws Exception {
    return open(gateway, subject, opening(gateway, subject).build());
  }

  static HttpSseClient open(WireGateway gateway, String subject, Duration tokenLife)
      throws Exception {
    return open(
        gateway,
        subject,
        gateway.as(subject, tokenLife).setHeader("accept", "text/event-stream").GET().build());
  }

  static HttpSseClient open(WireGateway gateway, String subject, HttpRequest request)
      throws Exception {
    Events events = new Events(gateway.open(request));
    Event first = requireNonNull(events.next());
    URI endpoint = URI.create(gateway.url()).resolve(first.data());
    return new HttpSseClient(gateway, subject, events, endpoint);
  }

  /** Where it posts. */
  URI endpoint() {
    return endpoint;
  }

  Events events() {
    return events;
  }

  /** Another caller that posts where this one does. */
  HttpRequest.Builder heldBy(String other) {
    return gateway.as(other).uri(endpoint);
  }

  /** Opens the session; gives the answer. */
  JsonNode initialize(String version, String capabilities) throws Exception {
    String params =
        "{'protocolVersion':'%s','capabilities':%s,'clientInfo':{'name':'t','version':'1'}}"
            .formatted(version, capabilities);
    JsonNode answer = ask("0", "initialize", params);
    post("{'jsonrpc':'2.0','method':'notifications/initialized'}");
    return answer;
  }

  HttpResponse<String> post(String json) throws Exception {
    return gateway.send(
        gateway
            .as(subject)
            .uri(endpoint)
            // What clients of that time say.
            .setHeader("accept", "*/*")
            .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
            .build());
  }

  /** Posts a request. */
  int call(String id, String method, String params) throws Exception {
    return post("{'jsonrpc':'2.0','id':"
            + id
            + ",'method':'"
            + method
            + "','params':"
            + params
            + "}")
        .statusCode();
  }

  /** Posts a request and waits for its answer. */
  JsonNode ask(String id, String method, String params) throws Exception {
    int status = call(id, method, params);
    if (status != 202) {
      throw new AssertionError("status " + status);
    }
    return answer();
  }

  /** The next answer; what comes before it is skipped. */
  JsonNode answer() throws IOException {
    JsonNode message = message();
    while (message.has("method")) {
      message = message();
    }
    return message;
  }

  /** The next message. */
  JsonNode message() throws IOException {
    return requireNonNull(events.next(), "the stream ended").json();
  }

  @Override
  public void close() throws IOException {
    events.close();
  }
}
