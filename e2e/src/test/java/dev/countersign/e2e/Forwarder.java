// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/**
 * Passes on what it gets: before a gateway it adds the token that a client does not have, behind
 * one it stands for a server that comes later; see {@code peers/forwarder.mjs}.
 */
final class Forwarder implements AutoCloseable {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final PeerServer process;

  private Forwarder(PeerServer process) {
    this.process = process;
  }

  static Forwarder start() throws IOException, InterruptedException {
    return new Forwarder(PeerServer.start("forwarder.mjs"));
  }

  /** Says where requests go from now on, and with which token. */
  void to(String url, String token) throws IOException, InterruptedException {
    String target =
        PeerProcess.JSON.createObjectNode().put("to", url).put("token", token).toString();
    CLIENT.send(
        HttpRequest.newBuilder(URI.create(control()))
            .POST(HttpRequest.BodyPublishers.ofString(target))
            .build(),
        HttpResponse.BodyHandlers.discarding());
  }

  String url() {
    return process.at("url");
  }

  /** Where it can be told, by whoever knows, where requests go. */
  String control() {
    return process.at("control");
  }

  /** Host and port, as they stand in {@code Host}. */
  String authority() {
    return URI.create(url()).getAuthority();
  }

  @Override
  public void close() {
    process.close();
  }
}
