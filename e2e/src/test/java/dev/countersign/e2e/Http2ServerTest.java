// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.demo.DemoIssuer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that speaks HTTP/2 and nothing else, by somebody else's implementation. */
final class Http2ServerTest {
  private static final int CALLERS = 8;
  private static final int CALLS = 15;
  private static final int LOOPS = 2;

  /** All number their calls 1; what one asked must never come to another. */
  @Test
  void answersManyCallersOnFewConnectionsWithoutMixingThem(@TempDir Path folder) throws Exception {
    try (PeerServer server = PeerServer.start("http2-server.mjs");
        DemoIssuer issuer = new DemoIssuer();
        GatewayProcess gateway =
            GatewayProcess.start(
                folder,
                """
                node: e2e
                listen: {address: "127.0.0.1:0", drain: 1s, event_loops: %d}
                identity: {issuers: [{name: demo, issuer: "%s"}]}
                servers: {peer: {url: "%s", http2: true}}
                policy: {grants: [{caller: "oidc:demo:*", allow: ["peer/echo"]}]}
                audit: {directory: audit}
                admin: {address: "127.0.0.1:0"}
                """
                    .formatted(LOOPS, issuer.issuer(), server.at("url")));
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      List<Callable<List<String>>> work = new ArrayList<>();
      for (int caller = 0; caller < CALLERS; caller++) {
        String name = "caller-" + caller;
        String token = issuer.token(name, gateway.url("peer"), Duration.ofMinutes(5));
        work.add(() -> calls(gateway.url("peer"), token, name));
      }
      List<Future<List<String>>> answered = callers.invokeAll(work);

      for (int caller = 0; caller < CALLERS; caller++) {
        List<String> answers = answered.get(caller).get();
        for (int call = 0; call < CALLS; call++) {
          assertThat(answers.get(call))
              .as(gateway.said())
              .containsPattern("\"[1-" + LOOPS + "] caller-" + caller + "/" + call + "\"");
        }
      }
      assertThat(gateway.stop()).isEqualTo(GatewayProcess.STOPPED);
    }
  }

  private static List<String> calls(String url, String token, String name) throws Exception {
    List<String> answers = new ArrayList<>();
    for (int call = 0; call < CALLS; call++) {
      String arguments = "{\"text\":\"" + name + "/" + call + "\"}";
      HttpResponse<String> answer =
          Wire.call(url, token, "echo", Wire.modernCall("echo", arguments));
      answers.add(answer.body());
    }
    return answers;
  }
}
