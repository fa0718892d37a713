// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A disk that loses what was not synced when the power goes: of each file some sectors that were
 * written, its old or its new length, and files whose directory was not synced.
 */
final class PowerDisk implements Disk {
  private static final int SECTOR = 512;

  private final Map<Path, Content> files = new HashMap<>();
  private final Set<Path> durableNames = new HashSet<>();
  private final Random random;
  private int callsLeft = Integer.MAX_VALUE;

  /** The power is gone. */
  static final class PowerCutException extends IOException {
    PowerCutException() {
      super("no power");
    }
  }

  private static final class Content {
    private byte[] seen = new byte[0];
    private byte[] durable = new byte[0];
  }

  PowerDisk(Random random) {
    this.random = random;
  }

  /** Takes what lies in a real directory for durable. */
  void load(Path directory) throws IOException {
    for (Path segment : Segments.list(directory)) {
      Content content = new Content();
      content.seen = Files.readAllBytes(segment);
      content.durable = content.seen.clone();
      files.put(segment, content);
      durableNames.add(segment);
    }
  }

  /** The power goes after so many more calls. */
  void cutAfter(int calls) {
    callsLeft = calls;
  }

  private void use() throws PowerCutException {
    if (--callsLeft < 0) {
      throw new PowerCutException();
    }
  }

  /** Writes what survived to the real directory. */
  void store(Path directory) throws IOException {
    for (Path segment : Segments.list(directory)) {
      Files.delete(segment);
    }
    for (Map.Entry<Path, Content> file : files.entrySet()) {
      if (durableNames.contains(file.getKey()) || random.nextBoolean()) {
        Files.write(file.getKey(), survived(file.getValue()));
      }
    }
  }

  private byte[] survived(Content content) {
    boolean newLength = random.nextBoolean();
    byte[] result =
        Arrays.copyOf(
            newLength ? content.seen : content.durable,
            newLength ? content.seen.length : content.durable.length);
    byte[] durable = Arrays.copyOf(content.durable, result.length);
    byte[] seen = Arrays.copyOf(content.seen, result.length);
    int keep = random.nextInt(101);
    for (int at = 0; at < result.length; at += SECTOR) {
      int length = Math.min(SECTOR, result.length - at);
      System.arraycopy(random.nextInt(100) < keep ? seen : durable, at, result, at, length);
    }
    return result;
  }

  @Override
  public LogFile create(Path file) throws IOException {
    use();
    if (files.putIfAbsent(file, new Content()) != null) {
      throw new IOException("there is such a file: " + file);
    }
    return new MemoryFile(content(file));
  }

  @Override
  public LogFile open(Path file) throws IOException {
    use();
    return new MemoryFile(content(file));
  }

  private Content content(Path file) throws IOException {
    @Nullable Content content = files.get(file);
    if (content == null) {
      throw new IOException("there is no such file: " + file);
    }
    return content;
  }

  @Override
  public void delete(Path file) throws IOException {
    use();
    files.remove(file);
    durableNames.remove(file);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    use();
    durableNames.addAll(files.keySet());
  }

  private final class MemoryFile implements LogFile {
    private final Content content;

    MemoryFile(Content content) {
      this.content = content;
    }

    @Override
    public int write(ByteBuffer bytes, long position) throws IOException {
      int length = bytes.remaining();
      int end = (int) position + length;
      if (content.seen.length < end) {
        content.seen = Arrays.copyOf(content.seen, end);
      }
      bytes.get(content.seen, (int) position, length);
      use();
      return length;
    }

    @Override
    public int read(ByteBuffer bytes, long position) throws IOException {
      use();
      int length = Math.min(bytes.remaining(), content.seen.length - (int) position);
      if (length <= 0) {
        return -1;
      }
      bytes.put(content.seen, (int) position, length);
      return length;
    }

    @Override
    public void force() throws IOException {
      use();
      content.durable = content.seen.clone();
    }

    @Override
    public void truncate(long size) throws IOException {
      content.seen = Arrays.copyOf(content.seen, (int) Math.min(size, content.seen.length));
      use();
    }

    @Override
    public long size() {
      return content.seen.length;
    }

    @Override
    public void close() {}
  }
}
