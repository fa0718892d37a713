// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.parts;

import dev.countersign.gateway.json.CanonicalJson;
import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
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

/** The canonical form (RFC 8785) of arguments, of which the commitment in a record is made. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-XX:+UseSerialGC", "-Xmx512m"})
public class CanonicalJsonBenchmark {
  /** About so many bytes. */
  @Param({"200", "5000", "100000"})
  private int bytes;

  private JsonDocument arguments;

  /** Members that are not in order, numbers among them. */
  @Setup
  public void write() throws JsonRefusedException {
    StringBuilder text = new StringBuilder("{\"z\":0");
    for (int i = 0; text.length() < bytes; i++) {
      text.append(",\"name")
          .append(i * 7919 % 1000)
          .append('-')
          .append(i)
          .append("\":{\"text\":\"some words of a text\",\"number\":")
          .append(i * 0.25)
          .append("}");
    }
    arguments =
        JsonDocument.parse(
            text.append('}').toString().getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULTS);
  }

  @Benchmark
  public byte[] canonical() {
    return CanonicalJson.bytes(arguments.root());
  }
}
