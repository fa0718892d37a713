// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The writer and its recovery, on one thread, with a disk that forgets; a failure names its seed.
 */
class PowerCutTest {
  private static final int CUTS = 8;

  @TempDir private Path directory;

  static LongStream seeds() {
    return LongStream.range(0, 12);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void losesNoCommitWhereverThePowerGoes(long seed) throws Exception {
    Random random = new Random(seed);
    InstantSource clock = Leaves.ticking();
    List<LeafPosition> committed = new ArrayList<>();
    for (int i = 0; i < CUTS; i++) {
      PowerDisk disk = new PowerDisk(random);
      disk.load(directory);
      disk.cutAfter(3 + random.nextInt(120));
      try {
        LeafWriter writer = AuditLog.begin(Leaves.settings(directory), clock, disk);
        while (true) {
          committed.addAll(group(writer, random, "s" + i));
        }
      } catch (PowerDisk.PowerCutException _) {
        disk.store(directory);
      }
    }
    // With power: what is left is recovered once more, and holds every commit.
    Leaves.open(directory).close();
    assertThat(AuditVerifier.verify(directory, committed).findings()).as("seed %s", seed).isEmpty();
    assertThat(committed).isNotEmpty();
  }

  private static List<LeafPosition> group(LeafWriter writer, Random random, String name)
      throws IOException, AuditUnavailableException {
    List<LeafPosition> positions = new ArrayList<>();
    writer.rotateIfFull();
    int leaves = 1 + random.nextInt(60);
    for (int j = 0; j < leaves && writer.hasRoom(); j++) {
      String call = name + "-" + random.nextInt(1000);
      if (random.nextInt(4) == 0) {
        positions.add(writer.add(Leaves.filler(random.nextInt(30_000))));
      } else if (writer.waits(call)) {
        positions.add(writer.add(Leaves.outcome(call)));
      } else {
        positions.add(writer.add(Leaves.permit(call)));
      }
    }
    writer.commit();
    return positions;
  }

  @Test
  void theDiskOfThisTestForgets() throws IOException {
    PowerDisk disk = new PowerDisk(new Random(1));
    Path file = directory.resolve(Segments.name(1));
    disk.create(file).write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 0);
    disk.syncDirectory(directory);
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      disk.store(directory);
      sizes.add(Files.size(file));
    }
    assertThat(sizes).contains(0L, 3L);
  }
}
