// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the tools of one server: which of their arguments are mirrored in headers,
 * learned from the lists that callers are answered with. What one caller is told of a tool another
 * one need not be, so each is kept for its caller, unless the server calls its list public.
 *
 * <p>Only tools that mirror anything are kept, {@value #TOOLS_MAX} of them, the longest unused
 * given up first. What is not known is not checked: the server does that, and a client that is
 * refused reads the list again. Any thread.
 */
public final class ToolSchemas {
  static final int TOOLS_MAX = 4096;

  /** A list that must be asked for each time is still the newest that its caller was given. */
  private static final Duration KEPT_MIN = Duration.ofMinutes(1);

  private static final Duration KEPT_MAX = Duration.ofHours(1);

  private final LongSupplier nanoClock;
  private final Map<Key, Known> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Known> eldest) {
          return size() > TOOLS_MAX;
        }
      };

  /** The caller is null for what everybody is told. */
  private record Key(@Nullable CallerKey caller, String tool) {}

  private record Known(List<ParamBinding> bindings, long untilNanos) {}

  /**
   * @param nanoClock as {@link System#nanoTime}
   */
  public ToolSchemas(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /**
   * Keeps what a list says of a tool, in the place of what was known before.
   *
   * @param caller whose list it was
   * @param shared the server says that everybody gets this list
   * @param fresh how long the server says its list is good
   */
  public synchronized void learn(
      CallerKey caller, boolean shared, String tool, List<ParamBinding> bindings, Duration fresh) {
    forget(caller, tool);
    if (!bindings.isEmpty()) {
      Duration kept =
          fresh.compareTo(KEPT_MIN) < 0
              ? KEPT_MIN
              : fresh.compareTo(KEPT_MAX) > 0 ? KEPT_MAX : fresh;
      known.put(
          new Key(shared ? null : caller, tool),
          new Known(bindings, nanoClock.getAsLong() + kept.toNanos()));
    }
  }

  /** The mirrored arguments of a tool as this caller knows it; empty when there are none known. */
  public synchronized List<ParamBinding> of(CallerKey caller, String tool) {
    List<ParamBinding> own = fresh(new Key(caller, tool));
    if (own != null) {
      return own;
    }
    List<ParamBinding> everybodys = fresh(new Key(null, tool));
    return everybodys == null ? List.of() : everybodys;
  }

  private @Nullable List<ParamBinding> fresh(Key key) {
    Known found = known.get(key);
    if (found != null && found.untilNanos - nanoClock.getAsLong() <= 0) {
      known.remove(key);
      return null;
    }
    return found == null ? null : found.bindings;
  }

  /** What a caller was told of a tool is not so any more. */
  public synchronized void forget(CallerKey caller, String tool) {
    known.remove(new Key(caller, tool));
    known.remove(new Key(null, tool));
  }

  /** The server says that its tools have changed. */
  public synchronized void forget() {
    known.clear();
  }

  /** How many tools are kept. */
  public synchronized int size() {
    return known.size();
  }
}
