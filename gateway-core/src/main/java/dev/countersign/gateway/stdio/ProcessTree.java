// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A process and everything it has started, so that all of it can be ended.
 *
 * <p>Java cannot make a process group. On Linux the program is started under {@code setsid}, which
 * makes it the leader of a session of its own, and what is in that session is read from {@code
 * /proc}: that finds processes, too, whose parent has ended. Elsewhere, or without {@code setsid},
 * only the descendants that still have their parents are found. A process that makes a session of
 * its own and then loses its parent is found in neither way.
 *
 * <p>Any thread; reads a small file for each process of the machine, so not for event loops.
 */
final class ProcessTree {
  private static final Path PROC = Path.of("/proc");
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(20);

  private final ProcessHandle leader;
  private final boolean ownSession;
  private final Map<Long, ProcessHandle> seen = new LinkedHashMap<>();

  /**
   * @param ownSession whether it was started as the leader of a session
   */
  ProcessTree(ProcessHandle leader, boolean ownSession) {
    this.leader = leader;
    this.ownSession = ownSession;
  }

  /** The words to put before a command that give it a session of its own; none where that fails. */
  static Optional<String> setsid() {
    for (String folder : new String[] {"/usr/bin", "/bin"}) {
      Path program = Path.of(folder, "setsid");
      if (Files.isExecutable(program) && Files.isDirectory(PROC.resolve("self"))) {
        return Optional.of(program.toString());
      }
    }
    return Optional.empty();
  }

  /** Notes who belongs to it now; afterwards they are known even if their parents end. */
  synchronized void look() {
    leader.descendants().forEach(one -> seen.putIfAbsent(one.pid(), one));
    if (ownSession) {
      ProcessHandle.allProcesses()
          .filter(one -> one.pid() != leader.pid() && isOfSession(one.pid()))
          .forEach(one -> seen.putIfAbsent(one.pid(), one));
    }
    seen.values().removeIf(one -> !runs(one));
  }

  /** Asks all of them to end (SIGTERM). */
  synchronized void terminate() {
    look();
    leader.destroy();
    seen.values().forEach(ProcessHandle::destroy);
  }

  /** Ends all of them (SIGKILL), those too that were started meanwhile. */
  synchronized void kill() {
    look();
    leader.destroyForcibly();
    seen.values().forEach(ProcessHandle::destroyForcibly);
    look();
    seen.values().forEach(ProcessHandle::destroyForcibly);
  }

  /** Waits until none of them is left; false when some are after the time. */
  boolean awaitEnd(Duration time) throws InterruptedException {
    long until = System.nanoTime() + time.toNanos();
    while (isAlive()) {
      if (System.nanoTime() - until > 0) {
        return false;
      }
      Thread.sleep(LOOK_INTERVAL);
    }
    return true;
  }

  private synchronized boolean isAlive() {
    look();
    return leader.isAlive() || !seen.isEmpty();
  }

  /** Whether it still does anything: who is dead and not yet reaped is listed all the same. */
  private static boolean runs(ProcessHandle one) {
    return one.isAlive() && !state(one.pid())[0].equals("Z");
  }

  private boolean isOfSession(long pid) {
    String[] fields = state(pid);
    return fields.length > 3
        && !fields[0].equals("Z")
        && fields[3].equals(Long.toString(leader.pid()));
  }

  /** State, parent, group and session; one empty text when they cannot be had. */
  private static String[] state(long pid) {
    try {
      String stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
      // The name in brackets before them may hold anything.
      return stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", 5);
    } catch (IOException e) {
      // It has ended meanwhile, or this is not Linux.
      return new String[] {""};
    }
  }
}
