// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/**
 * What the tool server has seen so far.
 *
 * @param calls of tools
 * @param denied those of tools that no grant allows
 */
record Counts(long calls, long denied) {
  static Counts ask(InetSocketAddress server) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.getPort() + "/counts"))
              .build();
      String[] words =
          client.send(request, HttpResponse.BodyHandlers.ofString()).body().trim().split(" ");
      return new Counts(Long.parseLong(words[0]), Long.parseLong(words[1]));
    }
  }
}
