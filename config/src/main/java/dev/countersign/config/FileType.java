// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A file or folder, relative to the folder of the settings. */
final class FileType extends ScalarType<Path> {
  /** What is in it. */
  enum Holds {
    /** Certificates in PEM. */
    CERTIFICATES("a file of certificates in PEM"),
    /** A private key, which nobody else should read. */
    KEY("a file with a PKCS#8 private key in PEM"),
    /** Files; may not be there yet. */
    FOLDER("a folder"),
    /** Files of somebody else's. */
    PLACE("a folder that is there");

    private final String expected;

    Holds(String expected) {
      this.expected = expected;
    }
  }

  private static final String USABLE = "a folder that the gateway can write to";

  private final Holds holds;

  FileType(Holds holds) {
    super(holds.expected);
    this.holds = holds;
  }

  @Override
  boolean isText() {
    return true;
  }

  @Override
  @Nullable Path parse(String text, Place place) {
    Path path = resolve(text, place);
    if (path == null) {
      return refuse(place.shown(text), place);
    }
    if (holds == Holds.FOLDER) {
      return folder(path, text, place);
    }
    if (holds == Holds.PLACE) {
      return Files.isDirectory(path) ? path : refuse(place.shown(text), place);
    }
    place.reading().source(path);
    if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
      return refuse(place.shown(text) + ", which cannot be read", place);
    }
    if (holds == Holds.KEY) {
      warnIfOthersRead(path, place);
    } else if (!isCertificates(path)) {
      return refuse(place.shown(text) + ", which holds something else", place);
    }
    return path;
  }

  /** The path that a text names, or null when it cannot be one. */
  static @Nullable Path resolve(String text, Place place) {
    try {
      return text.isBlank() ? null : place.reading().folder().resolve(text);
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /**
   * Looks whether it is there and usable, or can be made, and makes nothing. At start only: while
   * running, a disk that went read-only must not keep new grants from being put in force.
   */
  private @Nullable Path folder(Path path, String text, Place place) {
    if (Files.exists(path)) {
      if (!Files.isDirectory(path)) {
        return refuse(place.shown(text), place);
      }
      if (place.reading().isStart() && !(Files.isReadable(path) && isWritable(path))) {
        place.problem(place.shown(text) + ", which cannot be written to", USABLE);
        return null;
      }
      return path;
    }
    Path above = path.toAbsolutePath().getParent();
    while (above != null && !Files.exists(above)) {
      above = above.getParent();
    }
    if (above == null || !Files.isDirectory(above)) {
      return refuse(place.shown(text) + ", which is below a file", place);
    }
    if (place.reading().isStart() && !isWritable(above)) {
      // Whoever checks may be another user than the gateway, who sees more.
      place.warning(place.shown(text) + ", which this user cannot make or see", USABLE);
    }
    return path;
  }

  private static boolean isWritable(Path folder) {
    return Files.isWritable(folder) && Files.isExecutable(folder);
  }

  private static boolean isCertificates(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return !CertificateFactory.getInstance("X.509").generateCertificates(in).isEmpty();
    } catch (IOException | CertificateException e) {
      return false;
    }
  }

  /** Warns of a secret that every user of the machine can read. */
  static void warnIfOthersRead(Path file, Place place) {
    try {
      if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
        place.warning("a file that every user can read", "one for its owner alone (mode 0600)");
      }
    } catch (IOException | UnsupportedOperationException e) {
      // Whether it can be read at all is said elsewhere; where there are no modes, there is no
      // telling.
      return;
    }
  }

  @Override
  public Path standIn() {
    return Path.of("stand-in");
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "string", "minLength", 1);
  }

  @Override
  public Object written(Path value) {
    return value.toString();
  }
}
