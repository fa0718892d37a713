// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Large answers of several servers behind one path. */
@Timeout(60)
final class FederatedSizeTest {
  @TempDir private Path folder;
  private final ModernServer files;
  private final ModernServer mail;
  private WireGateway gateway;

  FederatedSizeTest() throws IOException {
    files = new ModernServer();
    mail = new ModernServer();
  }

  @BeforeEach
  void start() throws IOException {
    gateway = gateway("keep_alive: 100ms");
  }

  private WireGateway gateway(String limits) throws IOException {
    return WireGateway.federated(
        folder,
        "files: {url: \"" + files.url() + "\"}, mail: {url: \"" + mail.url() + "\"}",
        List.of("{caller: \"oidc:demo:*\", allow: [\"files/*\", \"mail/*\"]}"),
        limits);
  }

  @AfterEach
  void stop() {
    gateway.close();
    files.close();
    mail.close();
  }

  private static String tools(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                "{\"name\":\"t"
                    + i
                    + "\",\"description\":\""
                    + "d".repeat(100)
                    + "\",\"inputSchema\":{\"type\":\"object\"}}")
        .collect(Collectors.joining(",", "{\"resultType\":\"complete\",\"tools\":[", "]}"));
  }

  private void answers(int bytes) {
    files.result(
        "tools/call",
        "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\""
            + "x".repeat(bytes)
            + "\"},{\"type\":\"resource_link\",\"uri\":\"file:///a\",\"name\":\"a\"}]}");
  }

  private JsonNode call() throws Exception {
    return gateway.modern("tools/call", "\"name\":\"files__t\"").name("files__t").answer();
  }

  @Test
  void largeListsAreOneInTheOrderOfTheSettings() throws Exception {
    files.result("tools/list", tools(700));
    mail.result("tools/list", tools(1));

    List<String> names =
        gateway
            .modern("tools/list", "")
            .answer()
            .path("result")
            .path("tools")
            .findValuesAsText("name");

    assertThat(names).hasSize(701);
    assertThat(names.getFirst()).isEqualTo("files__t0");
    assertThat(names.getLast()).isEqualTo("mail__t0");
  }

  @Test
  void largeAnswerComesWholeUnderTheNamesOfTheClient() throws Exception {
    answers(500_000);

    JsonNode content = call().path("result").path("content");

    assertThat(content.path(0).path("text").asText()).hasSize(500_000);
    assertThat(content.path(1).path("uri").asText()).isEqualTo("files+file:///a");
  }

  @Test
  void answerWhoseCopyHasNoRoomIsWithheldAndItsRoomGivenBack() throws Exception {
    gateway.close();
    gateway = gateway("buffered_bytes: 2MiB");
    answers(800_000);

    assertThat(call().path("error").path("data").path("reason").asText())
        .isEqualTo("upstream_bad_reply");

    answers(100_000);
    assertThat(call().path("result").path("content").path(1).path("uri").asText())
        .isEqualTo("files+file:///a");
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!gateway.metrics().contains("countersign_buffered_bytes 0.0")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }
}
