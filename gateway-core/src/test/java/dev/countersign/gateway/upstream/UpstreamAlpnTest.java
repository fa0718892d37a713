// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static dev.countersign.gateway.upstream.UpstreamBench.LIMITS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.TestPki;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server of TLS chooses the version of HTTP, and no reply goes to another call than its own. */
final class UpstreamAlpnTest {
  private final UpstreamBench bench = new UpstreamBench();

  @AfterEach
  void close() {
    bench.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  private static Endpoint endpoint(RealHttp2Server server) throws IOException {
    return new Endpoint(
        "s",
        "localhost",
        server.port(),
        UpstreamTls.client(TestPki.LOCAL.certificateFile()),
        false);
  }

  private static String call(int client) {
    return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"n\":%d,\"x\":\"%s\"}}"
        .formatted(client, "y".repeat(client * 50));
  }

  /** Every client numbers its calls from 1; on one connection their replies overtake each other. */
  @Test
  void neverMixesTheRepliesOfCallsWithOneId() throws Exception {
    try (RealHttp2Server server = new RealHttp2Server(TestPki.LOCAL, "h2", "http/1.1")) {
      Endpoint endpoint = endpoint(server);
      for (int round = 0; round < 6; round++) {
        List<ReplyRecord> records = new ArrayList<>();
        for (int client = 0; client < 40; client++) {
          records.add(bench.send(endpoint, LIMITS, call(client)));
        }
        for (int client = 0; client < 40; client++) {
          assertThat(records.get(client).whole()).isEqualTo("h2 " + call(client));
        }
      }
      assertThat(server.requests).hasSize(240);
      assertThat(server.connections).hasValue(1);
    }
  }

  @Test
  void recordsTheCertificateOfASharedConnection() throws Exception {
    try (RealHttp2Server server = new RealHttp2Server(TestPki.LOCAL, "h2")) {
      ReplyRecord record = bench.send(endpoint(server), LIMITS, "call");

      assertThat(record.whole()).isEqualTo("h2 call");
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(TestPki.LOCAL.certificate().getEncoded());
      assertThat(record.replyHead().executor())
          .isEqualTo("cert-sha256:" + HexFormat.of().formatHex(digest));
    }
  }

  @Test
  void speaksHttp1ToAServerThatChoosesIt() throws Exception {
    try (RealHttp2Server server = new RealHttp2Server(TestPki.LOCAL, "http/1.1")) {
      Endpoint endpoint = endpoint(server);
      List<ReplyRecord> records = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        records.add(bench.send(endpoint, LIMITS, "call-" + i));
      }
      for (int i = 0; i < 5; i++) {
        assertThat(records.get(i).whole()).isEqualTo("http/1.1 call-" + i);
      }
      assertThat(bench.send(endpoint, LIMITS, "later").whole()).isEqualTo("http/1.1 later");
      assertThat(server.connections.get()).isLessThanOrEqualTo(5);
    }
  }

  @Test
  void sendsNothingOverHttp2ToAServerOfAnotherAuthority() throws Exception {
    try (RealHttp2Server server = new RealHttp2Server(TestPki.FOREIGN, "h2")) {
      UpstreamFailure failure = bench.send(endpoint(server), LIMITS, "call").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isFalse();
      assertThat(server.requests).isEmpty();
    }
  }

  /** Bodies beyond the server's window, in both directions. */
  @Test
  void carriesBodiesLargerThanTheWindows() throws Exception {
    try (RealHttp2Server server = new RealHttp2Server(TestPki.LOCAL, "h2")) {
      String body = "z".repeat(900_000);
      ReplyRecord record = bench.send(endpoint(server), LIMITS, body);

      assertThat(record.outcome()).isNull();
      assertThat(record.received).hasValue(body.length() + 3L);
      assertThat(server.requests).containsExactly(body);
    }
  }
}
