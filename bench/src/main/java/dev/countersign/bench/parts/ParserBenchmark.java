// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.parts;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One strict pass over a call whose arguments have many members, beside a pass of Jackson that only
 * looks at tokens and for repeated names. The figures are to be read as ratios of one run.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-XX:+UseSerialGC", "-Xmx512m"})
public class ParserBenchmark {
  private static final JsonFactory JACKSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** About so many bytes. */
  @Param({"500", "5000", "500000"})
  private int bytes;

  private byte[] text;

  /** Members of a few kinds, none of them special. */
  @Setup
  public void write() {
    StringBuilder call =
        new StringBuilder(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\","
                + "\"arguments\":{");
    for (int i = 0; call.length() < bytes - 80; i++) {
      call.append(i == 0 ? "" : ",")
          .append("\"text")
          .append(i)
          .append("\":\"some words of a text\",\"number")
          .append(i)
          .append("\":")
          .append(i * 37)
          .append(",\"more")
          .append(i)
          .append("\":[true,null,1.5]");
    }
    text = call.append("}}}").toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Ours. */
  @Benchmark
  public JsonDocument strict() throws JsonRefusedException {
    return JsonDocument.parse(text, JsonLimits.DEFAULTS);
  }

  /** The yardstick. */
  @Benchmark
  public int jackson() throws IOException {
    int tokens = 0;
    try (JsonParser parser = JACKSON.createParser(text)) {
      while (parser.nextToken() != null) {
        tokens++;
      }
    }
    return tokens;
  }
}
