// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A policy compiled to WASM by {@code opa build}, as bytes.
 *
 * <p>Immutable; any thread.
 */
public final class PolicyModule {
  /** The decision that a module has to offer. */
  public static final String ENTRYPOINT = "countersign/decision";

  private static final int REVISION_BYTES = 8;

  private final byte[] bytes;
  private final byte[] digest;
  private final boolean isShipped;

  private PolicyModule(byte[] bytes, boolean isShipped) {
    this.bytes = bytes;
    this.digest = sha256().digest(bytes);
    this.isShipped = isShipped;
  }

  /** Read once, when it is first needed. */
  private static final class Shipped {
    static final PolicyModule MODULE = new PolicyModule(read(), true);

    private static byte[] read() {
      try (InputStream in = PolicyModule.class.getResourceAsStream("opa/countersign.wasm")) {
        if (in == null) {
          throw new IllegalStateException("the shipped policy is missing");
        }
        return in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The grants policy that ships with Countersign. */
  public static PolicyModule shipped() {
    return Shipped.MODULE;
  }

  /** An operator's own policy: {@code policy.wasm} out of OPA's bundle. */
  public static PolicyModule of(byte[] wasm) {
    return new PolicyModule(wasm.clone(), false);
  }

  /** The module. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Whether it is the one that reads grants, and of the input only its lean projection. */
  public boolean isShipped() {
    return isShipped;
  }

  /** Names this module with this data: the start of a SHA-256 over both, as 16 hex digits. */
  public String revision(byte[] data) {
    MessageDigest both = sha256();
    both.update(digest);
    both.update(sha256().digest(data));
    return HexFormat.of().formatHex(both.digest(), 0, REVISION_BYTES);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is not there", e);
    }
  }
}
