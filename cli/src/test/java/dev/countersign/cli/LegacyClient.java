// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A client of the legacy era in one session of its own. */
final class LegacyClient {
  private final WireGateway gateway;
  private final String subject;
  final String session;
  final JsonNode initialized;

  private LegacyClient(WireGateway gateway, String subject, String session, JsonNode initialized) {
    this.gateway = gateway;
    this.subject = subject;
    this.session = session;
    this.initialized = initialized;
  }

  static LegacyClient of(WireGateway gateway, String subject, String capabilities)
      throws Exception {
    return of(gateway, subject, capabilities, "2025-11-25");
  }

  static LegacyClient of(WireGateway gateway, String subject, String capabilities, String version)
      throws Exception {
    HttpResponse<String> answer =
        gateway.send(
            gateway
                .as(subject)
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        """
                        {"jsonrpc":"2.0","id":0,"method":"initialize","params":{
                        "protocolVersion":"%s","capabilities":%s,
                        "clientInfo":{"name":"t","version":"1"}}}\
                        """
                            .formatted(version, capabilities)))
                .build());
    return new LegacyClient(
        gateway,
        subject,
        answer
            .headers()
            .firstValue("mcp-session-id")
            .orElseThrow(() -> new AssertionError(answer.statusCode() + answer.body())),
        WireGateway.JSON.readTree(answer.body()));
  }

  /** The same session in the hands of another. */
  LegacyClient heldBy(String other) {
    return new LegacyClient(gateway, other, session, initialized);
  }

  HttpRequest.Builder request() {
    return gateway.as(subject).header("mcp-session-id", session);
  }

  /** Posts a message and reads the whole answer. */
  HttpResponse<String> post(String json) throws Exception {
    return gateway.send(
        request().POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"'))).build());
  }

  /** Posts a request and reads what is answered as it comes. */
  Events call(String id, String method, String params) throws Exception {
    return new Events(
        gateway.open(
            request()
                .POST(HttpRequest.BodyPublishers.ofString(message(id, method, params)))
                .build()));
  }

  /** Posts a request and gives its answer. */
  JsonNode ask(String id, String method, String params) throws Exception {
    return WireGateway.JSON.readTree(post(message(id, method, params)).body());
  }

  private static String message(String id, String method, String params) {
    return ("{'jsonrpc':'2.0','id':" + id + ",'method':'" + method + "','params':" + params + "}")
        .replace('\'', '"');
  }

  /** Opens a stream by GET. */
  Events get(@Nullable String lastEventId) throws Exception {
    HttpRequest.Builder request = request().setHeader("accept", "text/event-stream").GET();
    if (lastEventId != null) {
      request.header("last-event-id", lastEventId);
    }
    return new Events(gateway.open(request.build()));
  }

  int delete() throws Exception {
    return gateway.send(request().DELETE().build()).statusCode();
  }

  /**
   * One event.
   *
   * @param retry milliseconds, or null
   */
  record Event(@Nullable String id, @Nullable String retry, String data) {
    JsonNode json() throws IOException {
      return WireGateway.JSON.readTree(data);
    }
  }

  /** The events of an answer. */
  static final class Events implements AutoCloseable {
    private final HttpResponse<InputStream> response;
    private final BufferedReader lines;

    Events(HttpResponse<InputStream> response) {
      this.response = response;
      this.lines =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    int status() {
      return response.statusCode();
    }

    /** The next event, or null at the end. */
    @Nullable Event next() throws IOException {
      String id = null;
      String retry = null;
      StringBuilder data = null;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("data:")) {
          data = (data == null ? new StringBuilder() : data).append(line.substring(5).strip());
        } else if (line.startsWith("id:")) {
          id = line.substring(3).strip();
        } else if (line.startsWith("retry:")) {
          retry = line.substring(6).strip();
        } else if (line.isEmpty() && (data != null || id != null || retry != null)) {
          return new Event(id, retry, data == null ? "" : data.toString());
        }
      }
      return null;
    }

    /** The next message; fails at the end. */
    JsonNode message() throws IOException {
      for (Event event = next(); event != null; event = next()) {
        if (!event.data().isEmpty()) {
          return event.json();
        }
      }
      throw new AssertionError("the stream ended");
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }
}
