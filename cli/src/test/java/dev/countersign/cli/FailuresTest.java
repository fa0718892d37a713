// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class FailuresTest {
  record Row(Throwable failure, String words) {}

  static List<Row> failures() {
    return List.of(
        new Row(new NoSuchFileException("/proc/nope"), "no such file or folder: \"/proc/nope\""),
        new Row(new NotDirectoryException("/f"), "not a folder: \"/f\""),
        new Row(new AccessDeniedException("/others/log"), "no permission: \"/others/log\""),
        new Row(new FileAlreadyExistsException("/f"), "something else is there already: \"/f\""),
        new Row(
            new FileSystemException("/f", null, "No space left on device"),
            "No space left on device: \"/f\""),
        new Row(new FileSystemException("/f"), "the file system failed: \"/f\""),
        new Row(
            new BindException("Address already in use"),
            "cannot listen there: Address already in use"),
        new Row(new ConnectException(), "no connection"),
        new Row(new ConnectException("Connection refused"), "no connection: Connection refused"),
        new Row(new UnknownHostException("gw.example"), "no such host: gw.example"),
        new Row(new UnresolvedAddressException(), "no such host"),
        new Row(
            new UncheckedIOException(new NoSuchFileException("/f")),
            "no such file or folder: \"/f\""),
        new Row(new IOException("no: a\u001b[2J\nb"), "no: a\\u001b[2J\\u000ab"),
        new Row(
            new IllegalStateException(),
            "a fault of the program: java.lang.IllegalStateException"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failureIsOneLineOfWords(Row row) {
    assertThat(Failures.words(row.failure)).isEqualTo(row.words);
  }
}
