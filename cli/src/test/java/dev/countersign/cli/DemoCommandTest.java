// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.audit.AuditVerifier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DemoCommandTest {
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;

  private static String until(CliProcess demo, String last) throws IOException {
    StringBuilder said = new StringBuilder();
    String line;
    do {
      line = demo.line();
      said.append(line).append('\n');
    } while (!line.contains(last));
    return said.toString();
  }

  private static String found(String form, String text) {
    Matcher matcher = Pattern.compile(form).matcher(text);
    assertThat(matcher.find()).as("%s in %s", form, text).isTrue();
    return matcher.group(1);
  }

  @Test
  void linesToPasteAreWholeAndRecordsStayWhereItSays(@TempDir Path folder) throws Exception {
    Path kept;
    try (CliProcess demo = CliProcess.start(folder, "demo", "--port", "0", "--admin-port", "0")) {
      String said = until(demo, "Ctrl-C");
      String token = found("export TOKEN=(\\S+)", said);
      String configuration = found("(\\{\"mcpServers\".*)", said);
      assertThat(
              new ObjectMapper()
                  .readTree(configuration)
                  .at("/mcpServers/notes/headers/Authorization")
                  .asText())
          .isEqualTo("Bearer " + token);
      kept = Path.of(found("settings and records stay in (\\S+)\\.\n", said));
      boolean ignored = demo.ignoresInterrupts();
      demo.signal(ignored ? "TERM" : "INT");
      assertThat(demo.exit()).isEqualTo(128 + (ignored ? SIGTERM : SIGINT));
      assertThat(demo.said()).isEmpty();
    }
    assertThat(kept.resolve("gateway.yaml")).isRegularFile();
    assertThat(AuditVerifier.verify(kept.resolve("audit")).whole()).isTrue();
  }

  @Test
  void demoThatCannotStartLeavesNothingBehind(@TempDir Path folder) throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
        CliProcess demo =
            CliProcess.start(folder, "demo", "--port=" + taken.getLocalPort(), "--admin-port=0")) {
      assertThat(demo.exit()).isEqualTo(Main.FAILED);
      assertThat(demo.said()).startsWith("countersign: cannot listen on ").hasLineCount(1);
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).noneMatch(file -> file.toString().contains("countersign-demo"));
    }
  }
}
