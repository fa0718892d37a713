// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommitmentsTest {
  @TempDir private Path directory;

  private Path key() {
    return directory.resolve("commitment.key");
  }

  @Test
  void makesAKeyThatOnlyItsOwnerMayReadAndUsesItEverAfter() throws Exception {
    Commitments commitments = Commitments.open(directory.resolve("made"));
    Path key = directory.resolve("made/commitment.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    assertThat(Files.size(key)).isEqualTo(32);
    try (Stream<Path> files = Files.list(directory.resolve("made"))) {
      assertThat(files).containsExactly(key);
    }
    String commitment = commitments.commit("{}".getBytes(UTF_8));
    assertThat(commitment).matches("hmac-sha256:[0-9a-f]{64}");
    assertThat(Commitments.open(directory.resolve("made")).commit("{}".getBytes(UTF_8)))
        .isEqualTo(commitment);
    assertThat(commitments.commit("[]".getBytes(UTF_8))).isNotEqualTo(commitment);
  }

  @Test
  void twoKeysCommitToTheSameArgumentsDifferently() throws Exception {
    assertThat(Commitments.open(directory.resolve("a")).commit(new byte[0]))
        .isNotEqualTo(Commitments.open(directory.resolve("b")).commit(new byte[0]));
  }

  @Test
  void computesHmacSha256() throws Exception {
    Files.write(key(), "0123456789abcdef0123456789abcdef".getBytes(UTF_8));
    Files.setPosixFilePermissions(key(), PosixFilePermissions.fromString("r--------"));
    assertThat(Commitments.open(directory).commit("{\"path\":\"/srv\"}".getBytes(UTF_8)))
        .isEqualTo("hmac-sha256:6799c55012c3406a3031d6deee64522c8343bc6bd2b572d302977c51e98b39cb");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw------x"})
  void refusesAKeyThatOthersHaveRightsTo(String permissions) throws Exception {
    Commitments.open(directory);
    Files.setPosixFilePermissions(key(), PosixFilePermissions.fromString(permissions));
    assertThatThrownBy(() -> Commitments.open(directory))
        .hasMessageStartingWith("the commitment key may be read by others");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 31, 33})
  void refusesAKeyOfAnotherLength(int length) throws Exception {
    Commitments.open(directory);
    Files.write(key(), new byte[length]);
    assertThatThrownBy(() -> Commitments.open(directory))
        .hasMessageStartingWith("the commitment key must have 32 bytes");
  }
}
