// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What went wrong, in words: of many failures the platform's own message is a bare path. */
final class Failures {
  private Failures() {}

  /** One line, fit for a terminal. */
  static String words(Throwable failure) {
    return Printable.line(
        switch (failure) {
          case NoSuchFileException e -> "no such file or folder" + named(e.getFile());
          case NotDirectoryException e -> "not a folder" + named(e.getFile());
          case AccessDeniedException e -> "no permission" + named(e.getFile());
          case FileAlreadyExistsException e ->
              "something else is there already" + named(e.getFile());
          case FileSystemException e ->
              Objects.requireNonNullElse(e.getReason(), "the file system failed")
                  + named(e.getFile());
          case BindException e -> "cannot listen there" + because(e);
          case ConnectException e -> "no connection" + because(e);
          case UnknownHostException e -> "no such host" + because(e);
          case UnresolvedAddressException e -> "no such host";
          case UncheckedIOException e -> words(Objects.requireNonNull(e.getCause()));
          default -> {
            String message = failure.getMessage();
            yield message == null ? "a fault of the program: " + failure : message;
          }
        });
  }

  private static String named(@Nullable String file) {
    return file == null ? "" : ": \"" + file + "\"";
  }

  private static String because(Exception failure) {
    String message = failure.getMessage();
    return message == null ? "" : ": " + message;
  }
}
