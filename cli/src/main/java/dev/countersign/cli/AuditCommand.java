// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditReader;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.audit.VerifyReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code countersign audit}. */
@Command(
    name = "audit",
    description = "Reads and verifies the record of calls.",
    mixinStandardHelpOptions = true)
final class AuditCommand {
  @Command(
      name = "show",
      description = "Shows the newest calls, or all that is on record of one.",
      mixinStandardHelpOptions = true)
  int show(
      @Parameters(paramLabel = "DIRECTORY", description = "The log.") Path directory,
      @Parameters(paramLabel = "CALL", arity = "0..1", description = "A call's id.") String call,
      @Option(
              names = "--json",
              description = "Leaves as JSON, a line each; control characters are escaped.")
          boolean json,
      @Option(names = "--last", defaultValue = "20", description = "How many calls.") int last) {
    try {
      AuditReader reader = new AuditReader(directory);
      if (call != null) {
        List<JsonNode> leaves = reader.call(call);
        if (leaves.isEmpty()) {
          System.err.println("countersign: no record of the call " + Printable.line(call));
          return Main.NO;
        }
        for (JsonNode leaf : leaves) {
          System.out.println(
              json ? Printable.line(leaf.toString()) : Printable.lines(leaf.toPrettyString()));
        }
        return 0;
      }
      for (List<JsonNode> leaves : reader.newest(last)) {
        if (json) {
          leaves.forEach(leaf -> System.out.println(Printable.line(leaf.toString())));
        } else {
          System.out.println(Printable.line(line(leaves)));
        }
      }
      return 0;
    } catch (IOException e) {
      System.err.println("countersign: " + e.getMessage());
      return Main.FAILED;
    }
  }

  private static String line(List<JsonNode> leaves) {
    JsonNode decision = leaves.getFirst();
    String target = decision.path("target").path("name").asText("-");
    String outcome = leaves.size() > 1 ? leaves.get(1).path("result").asText() : "-";
    return String.join(
        "  ",
        decision.path("ts").asText(),
        decision.path("call_id").asText(),
        decision.path("caller").path("id").asText(),
        decision.path("server").path("name").asText(),
        decision.path("method").asText(),
        target,
        decision.path("result").asText(),
        decision.path("policy").path("rule").asText("-"),
        outcome);
  }

  @Command(
      name = "verify",
      description = "Checks that the log is whole; exit code 1 if it is not.",
      mixinStandardHelpOptions = true)
  int verify(@Parameters(paramLabel = "DIRECTORY", description = "The log.") Path directory) {
    try {
      VerifyReport report = AuditVerifier.verify(directory);
      report
          .findings()
          .forEach(
              finding -> System.out.println("NOT WHOLE: " + Printable.line(finding.toString())));
      System.out.println(
          (report.whole() ? "whole: " : "not whole: ")
              + report.leaves()
              + " leaves in "
              + report.segments()
              + " segments, "
              + report.decisions()
              + " decisions, "
              + report.outcomes()
              + " outcomes ("
              + report.unknownOutcomes()
              + " unknown), "
              + report.openCalls()
              + " calls open"
              + (report.live() ? ", in use" : "")
              + ", head "
              + report.head());
      return report.whole() ? 0 : Main.NO;
    } catch (IOException e) {
      System.err.println("countersign: " + e.getMessage());
      return Main.FAILED;
    }
  }
}
