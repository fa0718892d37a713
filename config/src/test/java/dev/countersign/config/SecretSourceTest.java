// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.snapshot.SecretReference;
import dev.countersign.gateway.snapshot.SecretReference.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SecretSourceTest {
  @TempDir private Path folder;

  private static String variable(String value) throws IOException {
    return new SecretSource(Map.of("V", value)).read(new SecretReference(Source.ENV, "V"));
  }

  private static String file(Path file) throws IOException {
    return new SecretSource(Map.of()).read(new SecretReference(Source.FILE, file.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3 cret", "s3 cret\n", "s3 cret\r\n"})
  void secretIsReadWithoutItsFinalLineEnd(String content) throws IOException {
    assertThat(variable(content)).isEqualTo("s3 cret");
    assertThat(file(Files.writeString(folder.resolve("f"), content))).isEqualTo("s3 cret");
  }

  @Test
  void whyThereIsNoneIsSaid() throws IOException {
    SecretReference unset = new SecretReference(Source.ENV, "NOPE");
    assertThatThrownBy(() -> new SecretSource(Map.of()).read(unset))
        .hasMessage("no usable secret: the variable \"NOPE\" is not set");
    assertThatThrownBy(() -> variable("\n"))
        .hasMessage("no usable secret: the variable \"V\" is empty");
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> file(none))
        .hasMessage("no usable secret: the file \"" + none + "\" is not there");
    Path empty = Files.createFile(folder.resolve("empty"));
    assertThatThrownBy(() -> file(empty))
        .hasMessage("no usable secret: the file \"" + empty + "\" is empty");
    assertThatThrownBy(() -> file(folder))
        .hasMessage("no usable secret: the file \"" + folder + "\" is no regular file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hush\n\n", "a\nhush", "hush\u00e9", "hush\u0000", "a\rhush"})
  void secretThatAHeaderCannotCarryIsRefusedAndNotShown(String content) throws IOException {
    Path file = Files.writeString(folder.resolve("f"), content);
    assertThatThrownBy(() -> variable(content))
        .isInstanceOf(IOException.class)
        .hasMessage("no usable secret: the variable \"V\" holds what a header cannot carry")
        .hasNoCause();
    assertThatThrownBy(() -> file(file))
        .isInstanceOf(IOException.class)
        .hasMessage("no usable secret: the file \"" + file + "\" holds what a header cannot carry")
        .hasNoCause();
  }

  @Test
  void secretOfTheGreatestLengthIsReadAndALongerOneIsNot() throws IOException {
    String longest = "x".repeat(16 << 10);
    assertThat(file(Files.writeString(folder.resolve("f"), longest + "\r\n"))).isEqualTo(longest);
    Path longer = Files.writeString(folder.resolve("f"), longest + "x");
    assertThatThrownBy(() -> file(longer)).isInstanceOf(IOException.class);
  }

  @Test
  void whatIsNoRegularFileIsNotReadAtAll() {
    assertThatThrownBy(() -> file(folder)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> file(folder.resolve("none"))).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> file(Path.of("/dev/zero"))).isInstanceOf(IOException.class);
  }
}
