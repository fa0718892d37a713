// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.parts;

import dev.countersign.gateway.seal.Binding;
import dev.countersign.gateway.seal.Purpose;
import dev.countersign.gateway.seal.Seal;
import dev.countersign.identity.CallerKey;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A legacy session's id, sealed once at its beginning and opened with each of its calls. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-XX:+UseSerialGC", "-Xmx512m"})
public class SealBenchmark {
  private static final Binding BINDING =
      Binding.of(new CallerKey("oidc", "https://idp.example", "agent-7", "agent-7"), "/notes/mcp");

  private final Seal seal = new Seal(() -> null);
  private final byte[] content = new byte[32];
  private String sealed = "";

  /** Something to open. */
  @Setup
  public void sealOne() {
    sealed = seal.seal(Purpose.SESSION, content, BINDING);
  }

  @Benchmark
  public String sealed() {
    return seal.seal(Purpose.SESSION, content, BINDING);
  }

  @Benchmark
  public byte @Nullable [] opened() {
    return seal.open(Purpose.SESSION, sealed, BINDING);
  }
}
