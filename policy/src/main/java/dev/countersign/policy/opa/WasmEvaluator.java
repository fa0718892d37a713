// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import com.dylibso.chicory.wasm.ChicoryException;
import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Evaluator;
import dev.countersign.policy.Indeterminate;
import dev.countersign.policy.InputWriter;
import dev.countersign.policy.Verdict;
import dev.countersign.policy.VerdictReader;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One thread's way to an embedded policy: answers at once. An instance that failed is thrown away,
 * because its memory may be torn, and the next request gets a new one.
 *
 * <p>Made on any thread, then confined to the first that asks.
 */
final class WasmEvaluator implements Evaluator {
  private final WasmEngine engine;
  private final InputWriter input;
  private final @Nullable AnswerCache answers;
  private @Nullable OpaInstance instance;
  private @Nullable Thread owner;

  /**
   * @param answers where the policy's answer follows from what it is given and may be kept, else
   *     null
   */
  WasmEvaluator(WasmEngine engine, int inputBytesMax, @Nullable AnswerCache answers) {
    this.engine = engine;
    this.answers = answers;
    this.input = new InputWriter(inputBytesMax);
    this.instance = engine.newInstance();
  }

  @Override
  public CompletableFuture<Verdict> evaluate(AccessRequest request) {
    Thread asking = Thread.currentThread();
    if (owner != asking) {
      if (owner != null) {
        // Two threads inside one instance would not fail but spin for ever.
        throw new IllegalStateException("an evaluator belongs to the thread that asked it first");
      }
      owner = asking;
    }
    return CompletableFuture.completedFuture(verdict(request));
  }

  private Verdict verdict(AccessRequest request) {
    try {
      if (engine.isLean()) {
        input.lean(request);
      } else {
        input.full(request);
      }
    } catch (IllegalArgumentException e) {
      return unusable("the policy input cannot be written: ", e);
    }
    if (answers == null) {
      return evaluated();
    }
    Verdict.Answer known = answers.find(input.bytes(), input.length());
    if (known != null) {
      return known;
    }
    Verdict verdict = evaluated();
    if (verdict instanceof Verdict.Answer answer) {
      answers.keep(input.bytes(), input.length(), answer);
    }
    return verdict;
  }

  private Verdict evaluated() {
    OpaInstance ready = instance;
    instance = null;
    try {
      if (ready == null) {
        ready = engine.newInstance();
      }
      byte[] result = ready.evaluate(input.bytes(), input.length());
      instance = ready;
      return VerdictReader.resultSet(result);
    } catch (PolicyAbortedException | ChicoryException | StackOverflowError e) {
      return unusable("the policy gave up: ", e);
    }
  }

  private static Verdict unusable(String what, Throwable why) {
    return new Verdict.Unusable(Indeterminate.Cause.ERROR, what + why.getMessage());
  }
}
