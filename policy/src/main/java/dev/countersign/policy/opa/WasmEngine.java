// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import com.dylibso.chicory.compiler.MachineFactoryCompiler;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Evaluator;
import dev.countersign.policy.Grant;
import dev.countersign.policy.Grants;
import dev.countersign.policy.InputWriter;
import dev.countersign.policy.PolicyEngine;
import dev.countersign.policy.Verdict;
import dev.countersign.policy.VerdictException;
import dev.countersign.policy.VerdictReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The embedded OPA engine over the shipped policy and an operator's grants. The module is compiled
 * once for the whole process, so new grants find it warm; every evaluator has an instance and
 * memory of its own.
 */
public final class WasmEngine implements PolicyEngine {
  private final byte[] data;
  private final String revision;

  /** The shipped module, parsed and compiled when it is first needed. */
  private static final class Shipped {
    static final byte[] BYTES = read();
    static final WasmModule MODULE = Parser.parse(BYTES);
    static final Function<Instance, Machine> MACHINES = MachineFactoryCompiler.compile(MODULE);

    private static byte[] read() {
      try (InputStream in = WasmEngine.class.getResourceAsStream("countersign.wasm")) {
        if (in == null) {
          throw new IllegalStateException("the shipped policy is missing");
        }
        return in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private WasmEngine(byte[] data, String revision) {
    this.data = data;
    this.revision = revision;
  }

  /** The shipped policy over these grants, which must have no {@linkplain Grants#problems}. */
  public static WasmEngine shipped(List<Grant> grants) {
    byte[] data = Grants.data(grants);
    return new WasmEngine(data, revision(data));
  }

  private static String revision(byte[] data) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(Shipped.BYTES);
      return HexFormat.of().formatHex(digest.digest(data), 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is not there", e);
    }
  }

  @Override
  public String name() {
    return "opa";
  }

  @Override
  public String revision() {
    return revision;
  }

  @Override
  public Evaluator newEvaluator() {
    return new Instances();
  }

  /**
   * Evaluates until the compiled policy is hot or time is up; to be called before the engine is put
   * in force, on a thread that may be busy for so long.
   */
  public void warm(AccessRequest sample, int evaluations, Duration timeMax) {
    Evaluator evaluator = newEvaluator();
    long until = System.nanoTime() + timeMax.toNanos();
    for (int i = 0; i < evaluations && System.nanoTime() < until; i++) {
      if (evaluator.evaluate(sample).isCompletedExceptionally()) {
        return;
      }
    }
  }

  /** One thread's instance; after a failure it is thrown away, because its memory may be torn. */
  private final class Instances implements Evaluator {
    private @Nullable OpaInstance instance =
        new OpaInstance(Shipped.MODULE, Shipped.MACHINES, data);
    private @Nullable Thread owner;

    @Override
    public CompletableFuture<Verdict> evaluate(AccessRequest request) {
      Thread asking = Thread.currentThread();
      if (owner == null) {
        owner = asking;
      } else if (owner != asking) {
        // Two threads inside one instance would spin for ever.
        throw new IllegalStateException("an evaluator belongs to one thread");
      }
      try {
        OpaInstance ready = instance;
        if (ready == null) {
          ready = new OpaInstance(Shipped.MODULE, Shipped.MACHINES, data);
        }
        instance = null;
        byte[] result = ready.evaluate(InputWriter.lean(request));
        instance = ready;
        return CompletableFuture.completedFuture(VerdictReader.resultSet(result));
      } catch (VerdictException | RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
  }
}
