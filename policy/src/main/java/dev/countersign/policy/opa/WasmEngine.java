// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Evaluator;
import dev.countersign.policy.Grant;
import dev.countersign.policy.Grants;
import dev.countersign.policy.PolicyEngine;
import dev.countersign.policy.PolicyModule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The embedded OPA engine: a policy compiled to WASM, with its data. Every evaluator has an
 * instance and memory of its own over code that is compiled once; the shipped module once for the
 * whole process.
 *
 * <p>The time of a decision is bounded for the shipped policy, by what grants may contain. An
 * operator's own policy is trusted to end: nothing but an interrupt of the thread stops it.
 */
public final class WasmEngine implements PolicyEngine {
  private static final int INPUT_BYTES_MAX = 1 << 20;

  private final PolicyModule policy;
  private final OpaModule module;
  private final byte[] data;
  private final int pagesMax;
  private final String revision;
  private final List<AccessRequest> samples;
  private final List<AnswerCache> caches = new CopyOnWriteArrayList<>();

  /** Loaded when it is first needed. */
  private static final class Shipped {
    static final OpaModule MODULE = OpaModule.shipped();
  }

  private WasmEngine(
      PolicyModule policy,
      OpaModule module,
      byte[] data,
      int pagesMax,
      List<AccessRequest> samples) {
    this.policy = policy;
    this.module = module;
    this.data = data;
    this.pagesMax = pagesMax;
    this.revision = policy.revision(data);
    this.samples = samples;
  }

  /**
   * The shipped policy over these grants.
   *
   * @throws IllegalArgumentException when the grants have {@linkplain Grants#problems(List)
   *     problems}
   */
  public static WasmEngine shipped(List<Grant> grants) {
    return new WasmEngine(
        PolicyModule.shipped(),
        Shipped.MODULE,
        Grants.data(grants),
        OpaInstance.PAGES_MAX,
        Samples.of(grants));
  }

  /**
   * An operator's own policy, asked with the full input. Compiles it: up to a second of one core.
   *
   * @param policy offers {@link PolicyModule#ENTRYPOINT}
   * @param data its data document, JSON text of an object
   * @param memoryPagesMax pages of 64 KiB that an evaluator may use beside its data
   * @throws IllegalArgumentException when it is no policy, was made for another ABI, does not offer
   *     the entrypoint, needs functions that OPA leaves to its host, or the data is not JSON
   */
  public static WasmEngine of(PolicyModule policy, byte[] data, int memoryPagesMax) {
    OpaModule module = OpaModule.load(policy.bytes(), PolicyModule.ENTRYPOINT);
    WasmEngine engine =
        new WasmEngine(policy, module, data.clone(), memoryPagesMax, Samples.of(List.of()));
    engine.newInstance();
    return engine;
  }

  @Override
  public String name() {
    return "opa";
  }

  @Override
  public String revision() {
    return revision;
  }

  /**
   * {@inheritDoc}
   *
   * <p>One over the shipped policy keeps answers: that policy reads neither time nor counters nor
   * anything else that is not in its input or its data. What an operator's own policy reads is not
   * known, so each of its answers is asked for.
   */
  @Override
  public Evaluator newEvaluator() {
    AnswerCache answers = null;
    if (isLean()) {
      answers = new AnswerCache();
      caches.add(answers);
    }
    return new WasmEvaluator(this, INPUT_BYTES_MAX, answers);
  }

  @Override
  public int answersKept() {
    return caches.stream().mapToInt(AnswerCache::size).sum();
  }

  /**
   * Evaluates requests that are made up from the grants until the compiled policy is hot or time is
   * up; to be called before the engine is put in force, on a thread that may be busy for so long.
   * What is learnt about the code counts for all engines of the process over the same module, so
   * where it has been hot with other data a fifth of the evaluations is enough.
   *
   * @param evaluationsMax 20,000 make the code hot
   * @return how many evaluations there were
   */
  public int warm(int evaluationsMax, Duration timeMax) {
    return warm(samples, evaluationsMax, timeMax);
  }

  /** As {@link #warm(int, Duration)}, with one more request among those evaluated. */
  public int warm(AccessRequest sample, int evaluationsMax, Duration timeMax) {
    List<AccessRequest> all = new ArrayList<>(samples);
    all.add(sample);
    return warm(all, evaluationsMax, timeMax);
  }

  private int warm(List<AccessRequest> requests, int evaluationsMax, Duration timeMax) {
    Evaluator evaluator = new WasmEvaluator(this, INPUT_BYTES_MAX, null);
    long began = System.nanoTime();
    int wanted = Math.max(evaluationsMax / 5, evaluationsMax - module.warmed().get());
    int count = 0;
    while (count < wanted && System.nanoTime() - began < timeMax.toNanos()) {
      evaluator.evaluate(requests.get(count % requests.size())).join();
      count++;
    }
    module.warmed().addAndGet(count);
    return count;
  }

  /** Whether the policy is known to read no more than the lean input. */
  boolean isLean() {
    return policy.isShipped();
  }

  OpaInstance newInstance() {
    return new OpaInstance(module, data, pagesMax);
  }
}
