// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a run keeps its files.
 *
 * @param root of the repository
 * @param folder on a disk
 * @param memory on a file system that keeps nothing
 */
record Places(Path root, Path folder, Path memory) {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  /**
   * Makes empty folders.
   *
   * @throws IOException when the one is in memory or the other is not: then nothing could be
   *     learned of what durability costs
   */
  static Places prepare(Path root) throws IOException {
    Path folder = root.resolve("bench/target/run");
    Path memory = SHARED_MEMORY.resolve("countersign-bench-" + ProcessHandle.current().pid());
    Places places = new Places(root, folder, memory);
    delete(folder);
    Files.createDirectories(folder);
    if (isMemory(folder)) {
      throw new IOException(folder + " is in memory; the log has to be on a disk");
    }
    if (!isMemory(SHARED_MEMORY)) {
      throw new IOException(SHARED_MEMORY + " is needed, a file system in memory");
    }
    Files.createDirectories(memory);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> deleteQuietly(memory)));
    return places;
  }

  private static boolean isMemory(Path path) throws IOException {
    return List.of("tmpfs", "ramfs").contains(Files.getFileStore(path).type());
  }

  /** Removes all but the newest segments of a log, so that hours of load fit on the disk. */
  static void trim(Path audit) {
    try (Stream<Path> files = Files.list(audit)) {
      List<Path> segments =
          files
              .filter(file -> file.getFileName().toString().startsWith("leaves-"))
              .sorted(Comparator.reverseOrder())
              .toList();
      for (Path segment : segments.subList(Math.min(2, segments.size()), segments.size())) {
        Files.deleteIfExists(segment);
      }
    } catch (IOException e) {
      System.err.println("could not tidy up: " + e.getMessage());
    }
  }

  private static void deleteQuietly(Path folder) {
    try {
      delete(folder);
    } catch (IOException e) {
      System.err.println("could not remove " + folder + ": " + e.getMessage());
    }
  }

  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(
              Path visited, java.io.@org.jspecify.annotations.Nullable IOException failure)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
