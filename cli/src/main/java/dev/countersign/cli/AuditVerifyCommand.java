// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.audit.Finding;
import dev.countersign.audit.LeafPosition;
import dev.countersign.audit.VerifyReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code countersign audit verify}. */
@Command(
    name = "verify",
    description =
        "Checks that the log is whole; exit code 1 if it is not. Only a head that was kept"
            + " elsewhere shows that the newest records were cut off, or that the log was put"
            + " back.",
    mixinStandardHelpOptions = true)
final class AuditVerifyCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "DIRECTORY", description = "The log's folder.")
  private Path directory = Path.of("");

  @Option(
      names = "--known",
      paramLabel = "SEQ:HASH",
      converter = PositionType.class,
      description =
          "A head that was printed before and kept elsewhere; may be given several times.")
  private List<LeafPosition> known = List.of();

  @Option(names = "--json", description = "All figures and findings as one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    VerifyReport report = AuditVerifier.verify(directory, known);
    PrintWriter out = Main.out(spec);
    if (json) {
      out.println(Printable.line(json(report).toString()));
    } else {
      print(report, out);
    }
    return report.whole() ? 0 : Main.NO;
  }

  private static void print(VerifyReport report, PrintWriter out) {
    String whole = report.whole() ? "whole: " : "not whole: ";
    report.findings().forEach(finding -> out.println(whole + Printable.line(line(finding))));
    if (isCut(report)) {
      out.println(whole + "there may be more; these are the first " + report.findings().size());
    }
    out.println(
        whole
            + Words.count(report.leaves(), "leaf", "leaves")
            + " in "
            + Words.count(report.segments(), "segment", "segments")
            + ", "
            + Words.count(report.decisions(), "decision", "decisions")
            + ", "
            + Words.count(report.outcomes(), "outcome", "outcomes")
            + (report.unknownOutcomes() == 0 ? "" : " (" + report.unknownOutcomes() + " unknown)")
            + ", "
            + Words.count(report.openCalls(), "call open", "calls open")
            + (report.live() ? "; a gateway has it in use" : ""));
    LeafPosition head = report.head();
    if (head != null) {
      out.println("head " + head);
    }
  }

  private static boolean isCut(VerifyReport report) {
    return report.findings().size() == VerifyReport.FINDINGS_MAX;
  }

  private static String line(Finding finding) {
    StringBuilder line = new StringBuilder(finding.segment());
    if (finding.seq() > 0) {
      line.append(line.isEmpty() ? "seq " : ", seq ").append(finding.seq());
    }
    return line.append(line.isEmpty() ? "" : ": ").append(finding.what()).toString();
  }

  private static ObjectNode json(VerifyReport report) {
    LeafPosition head = report.head();
    ObjectNode object =
        JsonNodeFactory.instance
            .objectNode()
            .put("whole", report.whole())
            .put("in_use", report.live())
            .put("leaves", report.leaves())
            .put("segments", report.segments())
            .put("decisions", report.decisions())
            .put("outcomes", report.outcomes())
            .put("unknown_outcomes", report.unknownOutcomes())
            .put("open_calls", report.openCalls())
            .put("head", head == null ? null : head.toString())
            .put("findings_cut", isCut(report));
    ArrayNode findings = object.putArray("findings");
    for (Finding finding : report.findings()) {
      findings
          .addObject()
          .put("segment", finding.segment())
          .put("seq", finding.seq())
          .put("what", finding.what());
    }
    return object;
  }

  /** A leaf's position, exactly as it is printed. */
  static final class PositionType implements ITypeConverter<LeafPosition> {
    @Override
    public LeafPosition convert(String text) {
      try {
        return LeafPosition.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage() + ", found: " + Printable.line(text));
      }
    }
  }
}
