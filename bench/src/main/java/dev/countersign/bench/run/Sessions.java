// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.CallKind;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Legacy sessions of one caller with one route. */
final class Sessions {
  private static final String VERSION = "2025-11-25";
  private static final String INITIALIZE =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\""
          + VERSION
          + "\",\"capabilities\":{},\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}";

  private final RunningGateway gateway;
  private final String route;
  private final String token;
  private final List<String> ids = new ArrayList<>();

  Sessions(RunningGateway gateway, String route) {
    this.gateway = gateway;
    this.route = route;
    this.token = gateway.token("agent", route);
  }

  /** Opens sessions until there are so many. */
  Sessions open(int count) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + gateway.authority() + route))
            .header("authorization", "Bearer " + token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .POST(HttpRequest.BodyPublishers.ofString(INITIALIZE))
            .build();
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      while (ids.size() < count) {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        ids.add(
            answer
                .headers()
                .firstValue("mcp-session-id")
                .orElseThrow(() -> new IOException("no session: " + answer.body())));
      }
    }
    return this;
  }

  /** A call of each session. */
  List<CallKind> calls() {
    return ids.stream()
        .map(
            id ->
                CallKind.legacy(
                    gateway.authority(), route, token, id, "read_note", Kinds.USUAL_BYTES))
        .toList();
  }

  /**
   * Opens a GET stream of each session, on a connection of its own, and waits for its head.
   *
   * @return the connections, to be closed by the caller
   */
  List<Socket> streams() throws IOException {
    List<Socket> streams = new ArrayList<>();
    for (String id : ids) {
      Socket socket = new Socket(gateway.address().getAddress(), gateway.address().getPort());
      streams.add(socket);
      String request =
          "GET %s HTTP/1.1\r\nhost: %s\r\nauthorization: Bearer %s\r\naccept: text/event-stream\r\nmcp-protocol-version: %s\r\nmcp-session-id: %s\r\n\r\n"
              .formatted(route, gateway.authority(), token, VERSION, id);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      String status =
          new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
      if (!status.endsWith(" 200")) {
        throw new IOException("no stream: " + status);
      }
    }
    return streams;
  }
}
