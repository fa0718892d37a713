// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static dev.countersign.gateway.upstream.ScriptedServer.OK;
import static dev.countersign.gateway.upstream.ScriptedServer.answering;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.TestPki;
import dev.countersign.gateway.snapshot.MessageRules;
import dev.countersign.gateway.snapshot.ServerSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that prove who they are, and servers that do not. */
final class UpstreamTlsTest {
  private final UpstreamBench bench = new UpstreamBench();

  @AfterEach
  void close() {
    bench.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  private static ScriptedServer secure(TestPki own) throws IOException {
    return new ScriptedServer(own.serverContext().getServerSocketFactory(), answering(OK));
  }

  private Endpoint endpoint(String host, ScriptedServer server, @Nullable Path authorities)
      throws IOException {
    URI url = URI.create("https://" + host + ":" + server.port() + "/mcp");
    ServerSettings settings =
        new ServerSettings(
            "s",
            url,
            null,
            null,
            null,
            List.of(),
            authorities,
            List.of(),
            false,
            false,
            MessageRules.DEFAULTS);
    return HttpUpstream.to(settings, UpstreamBench.LIMITS, bench.pools).endpoint();
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1"})
  void speaksToAServerThatProvesItsName(String host) throws Exception {
    try (ScriptedServer server = secure(TestPki.LOCAL)) {
      Endpoint endpoint = endpoint(host, server, TestPki.LOCAL.certificateFile());
      ReplyRecord record = bench.send(endpoint, UpstreamBench.LIMITS, "first");
      assertThat(record.whole()).isEqualTo("ok");
      assertThat(bench.send(endpoint, UpstreamBench.LIMITS, "second").whole()).isEqualTo("ok");

      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(TestPki.LOCAL.certificate().getEncoded());
      assertThat(record.replyHead().executor())
          .isEqualTo("cert-sha256:" + HexFormat.of().formatHex(digest));
      assertThat(server.connections).hasValue(1);
    }
  }

  @Test
  void sendsNothingToAServerOfAnotherAuthority() throws Exception {
    try (ScriptedServer server = secure(TestPki.FOREIGN)) {
      refused(server, endpoint("localhost", server, TestPki.LOCAL.certificateFile()));
    }
  }

  @Test
  void sendsNothingToAServerThatThePlatformDoesNotKnow() throws Exception {
    try (ScriptedServer server = secure(TestPki.LOCAL)) {
      refused(server, endpoint("localhost", server, null));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1"})
  void sendsNothingToAServerOfAnotherName(String host) throws Exception {
    try (ScriptedServer server = secure(TestPki.ELSEWHERE)) {
      refused(server, endpoint(host, server, TestPki.ELSEWHERE.certificateFile()));
    }
  }

  @Test
  void sendsNothingToAServerThatDoesNotSpeakTls() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.send(OK);
              peer.untilLeft();
            })) {
      refused(server, endpoint("localhost", server, TestPki.LOCAL.certificateFile()));
    }
  }

  @Test
  void sendsNothingToAServerThatNeverFinishesTheHandshake() throws Exception {
    try (ScriptedServer server = new ScriptedServer(ScriptedServer.Peer::untilLeft)) {
      Duration connect = Duration.ofMillis(200);
      Duration longer = Duration.ofSeconds(20);
      UpstreamFailure failure =
          bench
              .send(
                  endpoint("localhost", server, TestPki.LOCAL.certificateFile()),
                  UpstreamBench.limits(connect, longer, longer, 8),
                  "call")
              .failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isFalse();
      UpstreamBench.await(() -> bench.pools.connections() == 0);
    }
  }

  private void refused(ScriptedServer server, Endpoint endpoint) throws InterruptedException {
    UpstreamFailure failure = bench.send(endpoint, UpstreamBench.LIMITS, "call").failure();

    assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
    assertThat(failure.dispatched()).isFalse();
    UpstreamBench.await(() -> bench.pools.connections() == 0);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void refusesAFileWithoutCertificates(@TempDir Path directory) throws IOException {
    Path text = Files.writeString(directory.resolve("ca.pem"), "not a certificate");
    try (ScriptedServer server = secure(TestPki.LOCAL)) {
      assertThatThrownBy(() -> endpoint("localhost", server, text)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> endpoint("localhost", server, directory.resolve("absent.pem")))
          .isInstanceOf(IOException.class);
    }
  }
}
