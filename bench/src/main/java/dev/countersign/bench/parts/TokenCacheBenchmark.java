// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.parts;

import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.identity.Authentication;
import dev.countersign.identity.Authenticator;
import dev.countersign.identity.IdentityObserver;
import dev.countersign.identity.IdentitySettings;
import dev.countersign.identity.IssuerSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A token that was verified a moment ago. The figures are to be read as ratios of one run: 1,000
 * live tokens should cost what one costs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-XX:+UseSerialGC", "-Xmx512m"})
public class TokenCacheBenchmark {
  private static final String RESOURCE = "https://gw.example/notes/mcp";

  /** Live ones, asked about in turn. */
  @Param({"1", "1000"})
  private int tokens;

  private DemoIssuer issuer;
  private Authenticator authenticator;
  private String[] authorizations = {};
  private int next;

  /** Verifies each once, so that it is remembered. */
  @Setup
  public void remember() throws IOException {
    issuer = new DemoIssuer();
    IssuerSettings known =
        new IssuerSettings(
            "bench",
            URI.create(issuer.issuer()),
            null,
            List.of(),
            Set.of("ES256"),
            Set.of("at+jwt"),
            null,
            null,
            -1);
    authenticator =
        new Authenticator(
            new IdentitySettings(
                List.of(known), Duration.ofSeconds(30), 10_000, Duration.ofHours(1), 16 << 10),
            Clock.systemUTC(),
            IdentityObserver.NONE);
    authenticator.ready().join();
    authorizations = new String[tokens];
    for (int i = 0; i < tokens; i++) {
      authorizations[i] = "Bearer " + issuer.token("agent-" + i, RESOURCE, Duration.ofHours(2));
      Authentication proof = authenticator.authenticate(authorizations[i], RESOURCE).join();
      if (!(proof instanceof Authentication.Verified)) {
        throw new IllegalStateException("not verified: " + proof);
      }
    }
  }

  @Benchmark
  public @Nullable Authentication hit() {
    next = next + 1 == tokens ? 0 : next + 1;
    return authenticator.cached(authorizations[next], RESOURCE);
  }

  /** Ends the threads. */
  @TearDown
  public void close() {
    authenticator.close();
    issuer.close();
  }
}
