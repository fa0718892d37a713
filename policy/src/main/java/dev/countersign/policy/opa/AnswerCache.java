// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import dev.countersign.policy.Verdict;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a policy answered to an input, for a policy whose answer follows from its input and its data
 * alone. The key is the whole input as it was written, so there is nothing the policy can read that
 * the key does not hold; a cache lives as long as the evaluator it belongs to, and so with one
 * revision of policy and data.
 *
 * <p>Bounded: the answer not asked for the longest time goes first. Confined to one thread.
 */
final class AnswerCache {
  /** An input as long as may be, with its answer. */
  private static final int ANSWER_BYTES = 1 << 10;

  /** Of one cache; those of all processors together take a twentieth of the heap at most. */
  static final int ANSWERS_MAX =
      Math.clamp(
          Runtime.getRuntime().maxMemory()
              / 20
              / Runtime.getRuntime().availableProcessors()
              / ANSWER_BYTES,
          64,
          2048);

  /** Longer inputs are rare, and not kept. */
  static final int INPUT_BYTES_MAX = 512;

  /** The first bytes of an array, compared in full. */
  private static final class Input implements Comparable<Input> {
    private byte[] bytes;
    private int length;
    private int hash;

    Input(byte[] bytes, int length, int hash) {
      this.bytes = bytes;
      this.length = length;
      this.hash = hash;
    }

    static int hash(byte[] bytes, int length) {
      int sum = 1;
      for (int i = 0; i < length; i++) {
        sum = 31 * sum + bytes[i];
      }
      return sum;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Input input
          && Arrays.equals(bytes, 0, length, input.bytes, 0, input.length);
    }

    @Override
    public int hashCode() {
      return hash;
    }

    /** Lets a map find its way among inputs that somebody chose to have one hash. */
    @Override
    public int compareTo(Input other) {
      return Arrays.compare(bytes, 0, length, other.bytes, 0, other.length);
    }
  }

  private static final byte[] NOTHING = new byte[0];

  private final LinkedHashMap<Input, Verdict.Answer> answers =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Input, Verdict.Answer> eldest) {
          return size() > ANSWERS_MAX;
        }
      };

  /** What is looked for; used again for every look-up. */
  private final Input asked = new Input(NOTHING, 0, 0);

  private volatile int size;

  /** The answer to an input, or null. */
  Verdict.@Nullable Answer find(byte[] input, int length) {
    asked.bytes = input;
    asked.length = length;
    asked.hash = Input.hash(input, length);
    return answers.get(asked);
  }

  /** Keeps an answer, unless the input is too long. */
  void keep(byte[] input, int length, Verdict.Answer answer) {
    if (length <= INPUT_BYTES_MAX) {
      byte[] own = Arrays.copyOf(input, length);
      answers.put(new Input(own, length, Input.hash(own, length)), answer);
      size = answers.size();
    }
  }

  /** How many answers it holds. Any thread. */
  int size() {
    return size;
  }
}
