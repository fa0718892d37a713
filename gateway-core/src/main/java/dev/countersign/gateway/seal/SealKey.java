// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.seal;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * One key: 32 random bytes, from which each purpose has a key of its own (HMAC-SHA256), so that
 * neither a text nor a nonce of one purpose means anything to another.
 *
 * <p>Immutable; any thread. Never printed: {@link #toString} names it only.
 */
public final class SealKey {
  /** Bytes of a key's name. */
  static final int ID_BYTES = 4;

  private static final int KEY_BYTES = 32;

  /** Of 32 random bytes some 30 are different; fewer than this never happens by chance. */
  private static final int DIFFERENT_BYTES_MIN = 16;

  private final byte[] id;
  private final Map<Purpose, SecretKeySpec> keys = new EnumMap<>(Purpose.class);

  private SealKey(byte[] bytes) {
    this.id = Arrays.copyOf(derive(bytes, "countersign key id"), ID_BYTES);
    for (Purpose purpose : Purpose.values()) {
      keys.put(
          purpose, new SecretKeySpec(derive(bytes, "countersign seal " + purpose.label()), "AES"));
    }
  }

  /**
   * A key that the operator made.
   *
   * @param base64 32 random bytes in base64 (RFC 4648 section 4)
   * @throws IllegalArgumentException when it is not that, or cannot have been made at random; the
   *     message says nothing of the key
   */
  public static SealKey of(String base64) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("a key that is not base64");
    }
    try {
      if (bytes.length != KEY_BYTES) {
        throw new IllegalArgumentException("a key that is not of 32 bytes");
      }
      if (!looksRandom(bytes)) {
        throw new IllegalArgumentException("a key that was not made at random");
      }
      return new SealKey(bytes);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /** A key that never leaves the process. */
  static SealKey random(SecureRandom random) {
    byte[] bytes = new byte[KEY_BYTES];
    random.nextBytes(bytes);
    SealKey key = new SealKey(bytes);
    Arrays.fill(bytes, (byte) 0);
    return key;
  }

  /**
   * Tells zeros, counting bytes, passphrases, hexadecimal digits and the keys of examples from
   * random ones; none of the rules meets a random key but once in 10^13.
   */
  private static boolean looksRandom(byte[] bytes) {
    boolean[] seen = new boolean[256];
    int different = 0;
    boolean text = true;
    boolean counting = true;
    for (int i = 0; i < bytes.length; i++) {
      int value = bytes[i] & 0xff;
      if (!seen[value]) {
        seen[value] = true;
        different++;
      }
      text &= value >= 0x20 && value < 0x7f;
      counting &= i == 0 || (byte) (bytes[i] - bytes[i - 1]) == (byte) (bytes[1] - bytes[0]);
    }
    return different >= DIFFERENT_BYTES_MIN && !text && !counting;
  }

  /** The key's name, as it stands before what it sealed. */
  byte[] id() {
    return id.clone();
  }

  String name() {
    return HexFormat.of().formatHex(id);
  }

  SecretKeySpec of(Purpose purpose) {
    SecretKeySpec key = keys.get(purpose);
    if (key == null) {
      throw new IllegalStateException("no key for " + purpose);
    }
    return key;
  }

  private static byte[] derive(byte[] key, String label) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(label.getBytes(StandardCharsets.US_ASCII));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA256 is not there", e);
    }
  }

  @Override
  public String toString() {
    return "key " + name();
  }
}
