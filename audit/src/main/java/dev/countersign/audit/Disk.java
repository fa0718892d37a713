// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The disk, as the writer sees it; what breaks in tests breaks here. */
interface Disk {
  /** Makes a file that is not there yet. */
  LogFile create(Path file) throws IOException;

  /** Opens a file that is there. */
  LogFile open(Path file) throws IOException;

  /** Removes a file if it is there. */
  void delete(Path file) throws IOException;

  /** Makes the names in a directory durable. */
  void syncDirectory(Path directory) throws IOException;

  /** One open file. */
  interface LogFile extends Closeable {
    /** Writes some of the bytes; may be fewer than there are. */
    int write(ByteBuffer bytes, long position) throws IOException;

    int read(ByteBuffer bytes, long position) throws IOException;

    /** Makes everything written so far durable. */
    void force() throws IOException;

    void truncate(long size) throws IOException;

    long size() throws IOException;
  }
}
