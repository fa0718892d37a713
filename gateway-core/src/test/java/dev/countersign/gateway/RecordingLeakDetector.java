// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Keeps what Netty says about buffers that nobody released; the module's tests run with it. */
public final class RecordingLeakDetector<T> extends ResourceLeakDetector<T> {
  private static final Queue<String> LEAKS = new ConcurrentLinkedQueue<>();

  /** The constructor that Netty looks for. */
  public RecordingLeakDetector(Class<?> resource, int samplingInterval, long maxActive) {
    super(resource, samplingInterval);
  }

  /** The other constructor that Netty looks for. */
  public RecordingLeakDetector(Class<?> resource, int samplingInterval) {
    super(resource, samplingInterval);
  }

  /** Fails when a buffer was lost since it was asked the last time. */
  public static void assertNothingLeaked() {
    for (int round = 0; round < 2; round++) {
      collect();
      // A leak is reported when the next buffer is made.
      assertThat(PooledByteBufAllocator.DEFAULT.buffer(1).release()).isTrue();
    }
    List<String> found = new ArrayList<>(LEAKS);
    LEAKS.clear();
    assertThat(found).isEmpty();
  }

  /** Collects garbage and waits until references to it are being handed over. */
  private static void collect() {
    ReferenceQueue<Object> queue = new ReferenceQueue<>();
    PhantomReference<Object> sentinel = new PhantomReference<>(new Object(), queue);
    System.gc();
    try {
      assertThat(queue.remove(10_000)).as("collected").isSameAs(sentinel);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  protected boolean needReport() {
    return true;
  }

  @Override
  protected void reportTracedLeak(String resourceType, String records) {
    LEAKS.add(resourceType + records);
  }

  @Override
  protected void reportUntracedLeak(String resourceType) {
    LEAKS.add(resourceType);
  }
}
