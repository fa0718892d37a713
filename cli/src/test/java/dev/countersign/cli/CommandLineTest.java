// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.Ended.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands print, where, and the code they end with. */
final class CommandLineTest {
  private static final String GOOD =
      """
      identity: {issuers: [{name: idp, issuer: "https://idp.example"}]}
      servers: {files: {url: "http://127.0.0.1:3001/mcp"}}
      audit: {directory: audit}
      policy: {grants: [{caller: "oidc:idp:*", allow: ["files/read_*"]}]}
      """;
  private static final String ODD = GOOD.replace("127.0.0.1", "mcp.example");
  private static final String BAD = GOOD + "nod: a\nlimits: {call: 5 min}\n";

  @TempDir private Path folder;

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("f.yaml"), text).toString();
  }

  @Test
  void checkSaysThatAFileIsValid() throws IOException {
    String file = file(GOOD);
    assertThat(run("check", file)).isEqualTo(new Ended(0, file + ": valid\n", ""));
    assertThat(run("check", "--strict", file).code()).isZero();
  }

  @Test
  void checkSaysAllProblemsAndEndsWithOne() throws IOException {
    String file = file(BAD);
    Ended ended = run("check", file);
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines())
        .containsExactly(
            file + ":5:1: nod: found an unknown key, expected perhaps \"node\"",
            file
                + ":6:16: limits.call: found \"5 min\", expected a duration such as 10s, from 100ms"
                + " to 1d");
  }

  @Test
  void warningsFailStrictChecksOnly() throws IOException {
    String file = file(ODD);
    Ended ended = run("check", file);
    assertThat(ended.code()).isZero();
    assertThat(ended.out()).isEqualTo(file + ": valid\n");
    assertThat(ended.err())
        .startsWith("warning: " + file + ":2:24: servers.files.url: ")
        .hasLineCount(1);
    assertThat(run("check", "--strict", file)).isEqualTo(new Ended(1, "", ended.err()));
  }

  @Test
  void jsonHasProblemsAndWarningsAsData() throws IOException {
    Ended ended = run("check", "--json", file(ODD + "nod: a\n"));
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err()).isEmpty();
    JsonNode array = new ObjectMapper().readTree(ended.out());
    assertThat(array).hasSize(2);
    assertThat(array.get(0).toString())
        .isEqualTo(
            "{\"kind\":\"error\",\"file\":\""
                + folder.resolve("f.yaml")
                + "\",\"line\":5,\"column\":1,\"path\":\"nod\",\"found\":\"an unknown key\","
                + "\"expected\":\"perhaps \\\"node\\\"\"}");
    assertThat(array.get(1).get("kind").asText()).isEqualTo("warning");
    assertThat(run("check", "--json", file(GOOD))).isEqualTo(new Ended(0, "[]\n", ""));
    assertThat(run("check", "--json", "--strict", file(ODD)).code()).isEqualTo(1);
  }

  @Test
  void fileThatIsNotThereIsAProblem() {
    String file = folder.resolve("none").toString();
    assertThat(run("check", file))
        .isEqualTo(new Ended(1, "", file + ":1:1: (file): found no file, expected settings\n"));
  }

  @Test
  void runOnABadFileSaysAllProblemsAndStartsNothing() throws IOException {
    String file = file(BAD);
    assertThat(run("run", "--config", file)).isEqualTo(run("check", file));
    assertThat(folder.resolve("audit")).doesNotExist();
  }

  @Test
  void folderForRecordsThatCannotBeMadeIsAProblemWithItsPlace() throws IOException {
    String file = file(GOOD.replace("directory: audit", "directory: f.yaml/audit"));
    assertThat(run("check", file))
        .isEqualTo(
            new Ended(
                1,
                "",
                file
                    + ":3:20: audit.directory: found \"f.yaml/audit\", which is below a file,"
                    + " expected a folder\n"));
    assertThat(run("check", file(GOOD)).code()).isZero();
    assertThat(folder.resolve("audit")).doesNotExist();
  }

  @Test
  void runAtAnAddressThatIsTakenSaysWhich() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      Ended ended = run("run", "--config", file(GOOD + "listen: {address: \"" + address + "\"}\n"));
      assertThat(ended.code()).isEqualTo(3);
      assertThat(ended.err())
          .startsWith("countersign: cannot listen on " + address + ": ")
          .hasLineCount(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "run", "check", "demo", "audit", "audit show", "audit verify", "health"})
  void everyCommandExplainsItself(String command) {
    Ended ended = run((command + " --help").strip().split(" "));
    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .startsWith("Usage: countersign " + command)
        .containsPattern("Exit codes:\\R +[01] ")
        .containsPattern("\\R +2 +wrong usage\\R +3 ");
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void helpNamesDefaultsPlaceholdersAndHowItsEndsDiffer() {
    assertThat(run("demo", "--help").out()).contains("--port=PORT", "8080", "9901");
    assertThat(run("audit", "show", "--help").out()).contains("--last=CALLS", "20");
    assertThat(run("run", "--help").out()).contains("130", "SIGINT", "143", "SIGTERM");
    assertThat(run("--version").out()).startsWith("countersign ").hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nonsense",
        "check --nonsense f",
        "run",
        "check",
        "run --confg x",
        "chek",
        "demo --port 99999",
        "demo --port -1",
        "demo --admin-port x",
        "demo-issuer --port 65536",
        "audit",
        "audit show",
        "audit show d --last 0",
        "audit show d --last -1",
        "audit verify",
        "audit verify d --known 3",
        "audit verify d --known 3:abc"
      })
  void wrongUsageIsExplainedAndEndsWithTwo(String line) {
    Ended ended = run(line.split(" "));
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).isNotEmpty().doesNotContain("Exception");
  }
}
