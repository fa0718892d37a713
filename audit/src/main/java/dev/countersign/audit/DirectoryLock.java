// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One writer for a directory, among processes by a lock on {@code audit.lock}, inside this one by a
 * set of names.
 *
 * <p>The set is not only for the message. POSIX drops a process's locks on a file as soon as any
 * descriptor of that file is closed, so a process that holds the lock must never open that file a
 * second time, not even to look whether it is locked. For the same reason taking and looking
 * exclude each other; neither is on any call's path.
 */
final class DirectoryLock implements Closeable {
  private static final String FILE = "audit.lock";

  /** Whoever only asks holds the lock for an instant; a writer that meets that tries again. */
  private static final int TRIES = 5;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final FileChannel channel;

  private DirectoryLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws DirectoryInUseException when another writer has it
   */
  static synchronized DirectoryLock take(Path directory) throws IOException {
    Path real = directory.toRealPath();
    if (!HELD_HERE.add(real)) {
      throw inUse(directory, "this process");
    }
    try {
      FileChannel channel =
          FileChannel.open(
              real.resolve(FILE),
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
      for (int i = 0; i < TRIES; i++) {
        if (channel.tryLock() != null) {
          return new DirectoryLock(real, channel);
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      channel.close();
      throw inUse(directory, "another process");
    } catch (IOException | RuntimeException e) {
      HELD_HERE.remove(real);
      throw e;
    }
  }

  private static IOException inUse(Path directory, String by) {
    return new DirectoryInUseException(
        "the audit log is in use by " + by + ": \"" + directory + "\"");
  }

  /** Whether a writer, here or in another process, has the directory. */
  static synchronized boolean isHeld(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    Path real = directory.toRealPath();
    Path file = real.resolve(FILE);
    if (HELD_HERE.contains(real)) {
      return true;
    }
    if (!Files.exists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      @Nullable FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true);
      return lock == null;
    } catch (OverlappingFileLockException e) {
      return true;
    }
  }

  /** Lets go; the file stays, or a third process could lock a new one beside it. */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      HELD_HERE.remove(directory);
    }
  }
}
