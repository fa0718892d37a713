// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign audit show}. */
@Command(
    name = "show",
    description =
        "Shows the newest calls, or all that is on record of one and of what came of it; exit code"
            + " 1 if the folder holds no log, or the log no such call.",
    mixinStandardHelpOptions = true)
final class AuditShowCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "DIRECTORY", description = "The log's folder.")
  private Path directory = Path.of("");

  @Parameters(index = "1", paramLabel = "CALL", arity = "0..1", description = "A call's id.")
  private @Nullable String call;

  @Option(
      names = "--json",
      description = "Leaves as JSON, a line each; control characters are escaped.")
  private boolean json;

  @Option(
      names = "--last",
      paramLabel = "CALLS",
      defaultValue = "20",
      description = "How many calls, at least 1; ${DEFAULT-VALUE} unless said.")
  private int last;

  @Override
  public Integer call() throws IOException {
    if (last < 1) {
      throw new ParameterException(
          spec.commandLine(), "--last: expected a number of at least 1, found: " + last);
    }
    PrintWriter err = Main.err(spec);
    AuditReader reader = new AuditReader(directory);
    if (!reader.isThere()) {
      err.println("countersign: no records yet: no log in " + Printable.line(quoted(directory)));
      return Main.NO;
    }
    int code = call == null ? newest(reader) : one(reader, call);
    if (reader.passedOver() > 0) {
      err.println(
          "countersign: "
              + Words.count(reader.passedOver(), "line is no leaf", "lines are no leaves")
              + ": run audit verify");
    }
    return code;
  }

  private static String quoted(Path path) {
    return "\"" + path + "\"";
  }

  private int newest(AuditReader reader) throws IOException {
    List<List<JsonNode>> calls = reader.newest(last);
    if (calls.isEmpty()) {
      Main.err(spec).println("countersign: no calls on record yet");
    }
    PrintWriter out = Main.out(spec);
    for (List<JsonNode> leaves : calls) {
      if (json) {
        leaves.forEach(leaf -> out.println(Printable.line(leaf.toString())));
      } else {
        out.println(Printable.line(line(leaves)));
      }
    }
    return 0;
  }

  private int one(AuditReader reader, String id) throws IOException {
    List<JsonNode> leaves = reader.call(id);
    if (leaves.isEmpty()) {
      Main.err(spec).println("countersign: no record of the call " + Printable.line(id));
      return Main.NO;
    }
    PrintWriter out = Main.out(spec);
    for (JsonNode leaf : leaves) {
      out.println(json ? Printable.line(leaf.toString()) : Printable.lines(leaf.toPrettyString()));
    }
    return 0;
  }

  private static String line(List<JsonNode> leaves) {
    JsonNode decision = leaves.getFirst();
    String outcome = leaves.size() > 1 ? leaves.get(1).path("result").asText() : "-";
    return String.join(
        "  ",
        decision.path("ts").asText(),
        decision.path("call_id").asText(),
        decision.path("caller").path("id").asText(),
        decision.path("server").path("name").asText(),
        decision.path("method").asText() + cause(decision),
        target(decision.path("target")),
        decision.path("result").asText(),
        decision.path("policy").path("rule").asText("-"),
        outcome);
  }

  private static String target(JsonNode target) {
    String exposed = target.path("exposed_name").asText("");
    return target.path("name").asText("-") + (exposed.isEmpty() ? "" : " (as " + exposed + ")");
  }

  /** What came before, of a call that is no first request. */
  private static String cause(JsonNode decision) {
    String trigger = decision.path("trigger").asText("request");
    long round = decision.path("round").asLong();
    String parent = decision.path("parent").asText("");
    if (trigger.equals("request") && parent.isEmpty()) {
      return "";
    }
    return " ("
        + trigger
        + (round == 0 ? "" : " " + round)
        + (parent.isEmpty() ? "" : " of " + parent)
        + ")";
  }
}
