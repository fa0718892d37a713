// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.task;

import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose each task is, by server and its id for it. Bounded: {@value #TASKS_MAX} in all, {@value
 * #TASKS_PER_CALLER_MAX} of a caller; each is forgotten after the time that its server keeps it,
 * {@link #KEPT_MAX} at most. Any thread.
 */
public final class TaskTable {
  static final int TASKS_MAX = 100_000;
  static final int TASKS_PER_CALLER_MAX = 1024;

  /** Servers may keep tasks for ever; the gateway does not. */
  static final Duration KEPT_MAX = Duration.ofHours(24);

  private final InstantSource clock;
  private final Map<Key, Task> tasks = new LinkedHashMap<>();
  private final Map<CallerKey, Integer> owned = new HashMap<>();

  private record Key(String server, String id) {}

  public TaskTable(InstantSource clock) {
    this.clock = clock;
  }

  /** What became of a task that a server named. */
  public enum Opened {
    /** It is its caller's. */
    YES,
    /** A bound is reached. */
    NO_ROOM,
    /** The id is somebody else's, or another tool's. */
    TAKEN
  }

  /**
   * Makes a caller the owner of a task.
   *
   * @param server the server that keeps it; what two servers call alike are two tasks
   * @param tool whose work it is
   * @param call the id of the call that created it
   * @param ttl how long the server keeps it, or null for as long as it likes
   */
  public synchronized Opened open(
      String server, String id, CallerKey owner, String tool, String call, @Nullable Duration ttl) {
    Key key = new Key(server, id);
    Task known = live(key);
    if (known != null) {
      return known.owner().equals(owner) && known.tool().equals(tool) ? Opened.YES : Opened.TAKEN;
    }
    sweepEldest();
    int mine = owned.getOrDefault(owner, 0);
    if (tasks.size() >= TASKS_MAX || mine >= TASKS_PER_CALLER_MAX) {
      return Opened.NO_ROOM;
    }
    Duration kept = ttl == null || ttl.compareTo(KEPT_MAX) > 0 ? KEPT_MAX : ttl;
    tasks.put(key, new Task(id, owner, tool, call, clock.millis() + kept.toMillis()));
    owned.put(owner, mine + 1);
    return Opened.YES;
  }

  /** A caller's task, or null when there is none of this id, or it is somebody else's. */
  public synchronized @Nullable Task find(String server, String id, CallerKey caller) {
    Task task = live(new Key(server, id));
    return task != null && task.owner().equals(caller) ? task : null;
  }

  private @Nullable Task live(Key key) {
    Task task = tasks.get(key);
    if (task != null && task.over(clock.millis())) {
      tasks.remove(key);
      disown(task);
      return null;
    }
    return task;
  }

  /** Forgets what is over, eldest first, a few at a time. */
  private void sweepEldest() {
    sweep(16);
  }

  /** Forgets what is over. */
  public synchronized void sweep() {
    sweep(Integer.MAX_VALUE);
  }

  private void sweep(int lookedAtMax) {
    long now = clock.millis();
    Iterator<Task> eldest = tasks.values().iterator();
    for (int i = 0; i < lookedAtMax && eldest.hasNext(); i++) {
      Task task = eldest.next();
      if (task.over(now)) {
        eldest.remove();
        disown(task);
      }
    }
  }

  private void disown(Task task) {
    owned.computeIfPresent(task.owner(), (key, was) -> was == 1 ? null : was - 1);
  }

  /** How many there are. */
  public synchronized int size() {
    return tasks.size();
  }
}
