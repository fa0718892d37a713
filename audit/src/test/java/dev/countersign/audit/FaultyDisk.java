// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The real disk, which fails when told to. */
final class FaultyDisk implements Disk {
  /** What fails. */
  enum Fault {
    CREATE,
    OPEN,
    WRITE,
    FORCE,
    TRUNCATE,
    SYNC_DIRECTORY
  }

  private final FileDisk disk = new FileDisk();
  private volatile @Nullable Fault fault;
  private volatile String message = "Input/output error";
  private volatile int writeBytesMax = Integer.MAX_VALUE;
  private final AtomicInteger bytesBeforeFault = new AtomicInteger();
  private volatile @Nullable Semaphore forces;

  /** From now on this fails. */
  void fail(Fault what, String why) {
    message = why;
    fault = what;
  }

  /** From now on writes fail after some more bytes. */
  void failWritesAfter(int bytes, String why) {
    bytesBeforeFault.set(bytes);
    fail(Fault.WRITE, why);
  }

  /** Writes take no more bytes at once. */
  void shortWrites(int bytesMax) {
    writeBytesMax = bytesMax;
  }

  /** Syncs wait for a permit each. */
  Semaphore holdForces() {
    Semaphore permits = new Semaphore(0);
    forces = permits;
    return permits;
  }

  void heal() {
    fault = null;
  }

  private void mayFail(Fault what) throws IOException {
    if (fault == what) {
      throw new IOException(message);
    }
  }

  @Override
  public LogFile create(Path file) throws IOException {
    mayFail(Fault.CREATE);
    return new FaultyFile(disk.create(file));
  }

  @Override
  public LogFile open(Path file) throws IOException {
    mayFail(Fault.OPEN);
    return new FaultyFile(disk.open(file));
  }

  @Override
  public void delete(Path file) throws IOException {
    disk.delete(file);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    mayFail(Fault.SYNC_DIRECTORY);
    disk.syncDirectory(directory);
  }

  private final class FaultyFile implements LogFile {
    private final LogFile file;

    FaultyFile(LogFile file) {
      this.file = file;
    }

    @Override
    public int write(ByteBuffer bytes, long position) throws IOException {
      int most = Math.min(bytes.remaining(), writeBytesMax);
      if (fault == Fault.WRITE) {
        most = Math.min(most, bytesBeforeFault.get());
        bytesBeforeFault.addAndGet(-most);
        if (most == 0) {
          throw new IOException(message);
        }
      }
      ByteBuffer some = bytes.slice(bytes.position(), most);
      int written = file.write(some, position);
      bytes.position(bytes.position() + written);
      return written;
    }

    @Override
    public int read(ByteBuffer bytes, long position) throws IOException {
      return file.read(bytes, position);
    }

    @Override
    public void force() throws IOException {
      Semaphore permits = forces;
      if (permits != null) {
        permits.acquireUninterruptibly();
      }
      mayFail(Fault.FORCE);
      file.force();
    }

    @Override
    public void truncate(long size) throws IOException {
      mayFail(Fault.TRUNCATE);
      file.truncate(size);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
