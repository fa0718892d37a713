// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Keyed digests of arguments. A plain digest of a few likely values could be guessed from the log
 * alone; this one only by whoever holds the key, who can then also show that a record is about
 * given arguments.
 *
 * <p>The key is 32 random bytes in {@code commitment.key}, made at the first start; without it no
 * commitment can be opened any more, so it is kept as long as the log. Any thread.
 */
public final class Commitments {
  private static final String FILE = "commitment.key";
  private static final int KEY_BYTES = 32;

  private final SecretKeySpec key;
  private final ThreadLocal<Mac> macs = ThreadLocal.withInitial(this::mac);

  private Commitments(byte[] key) {
    this.key = new SecretKeySpec(key, "HmacSHA256");
  }

  /**
   * Reads the key, or makes it at the first start.
   *
   * @throws IOException when it cannot be read or made, has the wrong length, or others may read it
   */
  public static Commitments open(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    Files.createDirectories(directory);
    if (!Files.exists(file)) {
      make(directory, file);
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
    if (!PosixFilePermissions.toString(permissions).endsWith("------")) {
      throw new IOException("the commitment key may be read by others: \"" + file + "\"");
    }
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length != KEY_BYTES) {
      throw new IOException("the commitment key must have 32 bytes: \"" + file + "\"");
    }
    return new Commitments(bytes);
  }

  /** Under its name the key is there whole or not at all, and a second process makes no other. */
  private static void make(Path directory, Path file) throws IOException {
    byte[] fresh = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(fresh);
    Path temporary =
        Files.createTempFile(
            directory,
            FILE,
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(fresh);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.createLink(file, temporary);
    } catch (FileAlreadyExistsException _) {
      // Another process was first; its key is the key.
    } finally {
      Files.delete(temporary);
    }
    new FileDisk().syncDirectory(directory);
  }

  /** {@code hmac-sha256:} and 64 hexadecimal digits. */
  public String commit(byte[] canonical) {
    return "hmac-sha256:" + HexFormat.of().formatHex(macs.get().doFinal(canonical));
  }

  private Mac mac() {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA-256 is not there", e);
    }
  }
}
