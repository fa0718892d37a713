// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.seal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.function.Supplier;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * Seals and opens with AES-256-GCM. Purpose, key and {@link Binding} are additional data, so what
 * is in other hands, on another route or in another place does not even decrypt.
 *
 * <p>Form: {@code base64url(version 1 | key id 4 | nonce 12 | ciphertext | tag 16)}. Nonces are
 * random: a key is good for 2^32 texts of a purpose (NIST SP 800-38D section 8.3). Any thread.
 */
public final class Seal {
  private static final byte VERSION = 1;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int HEAD_BYTES = 1 + SealKey.ID_BYTES + NONCE_BYTES;
  private static final int EXTRA_BYTES = HEAD_BYTES + TAG_BITS / 8;

  private final SecureRandom random = new SecureRandom();
  private final SealKey own = SealKey.random(random);
  private final Supplier<@Nullable KeyRing> configured;

  /**
   * @param configured asked each time for the keys in force; while it gives none, a key of this
   *     process's own seals. What that key sealed opens for as long as the process lives
   */
  public Seal(Supplier<@Nullable KeyRing> configured) {
    this.configured = configured;
  }

  /**
   * Seals.
   *
   * @param content at most {@link Purpose#bytesMax}
   * @return visible ASCII, never the same twice
   * @throws IllegalArgumentException when the content is longer
   */
  public String seal(Purpose purpose, byte[] content, Binding binding) {
    if (content.length > purpose.bytesMax()) {
      throw new IllegalArgumentException("too long to be sealed");
    }
    KeyRing ring = configured.get();
    SealKey key = ring == null ? own : ring.first();
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE, key.of(purpose), new GCMParameterSpec(TAG_BITS, nonce), random);
      cipher.updateAAD(associated(purpose, key, binding));
      byte[] sealed =
          ByteBuffer.allocate(content.length + EXTRA_BYTES)
              .put(VERSION)
              .put(key.id())
              .put(nonce)
              .put(cipher.doFinal(content))
              .array();
      return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM is not there", e);
    }
  }

  /**
   * Opens.
   *
   * @return the content, or null when this was not sealed here for this purpose and binding, or
   *     under a key that is not in force any more; which of these cannot be told
   */
  public byte @Nullable [] open(Purpose purpose, String sealed, Binding binding) {
    if (sealed.length() > charsMax(purpose)) {
      return null;
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(sealed);
      SealKey key = bytes.length < EXTRA_BYTES || bytes[0] != VERSION ? null : key(bytes);
      if (key == null || !isCanonical(bytes, sealed)) {
        return null;
      }
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          Cipher.DECRYPT_MODE,
          key.of(purpose),
          new GCMParameterSpec(TAG_BITS, bytes, 1 + SealKey.ID_BYTES, NONCE_BYTES));
      cipher.updateAAD(associated(purpose, key, binding));
      return cipher.doFinal(bytes, HEAD_BYTES, bytes.length - HEAD_BYTES);
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      return null;
    }
  }

  private @Nullable SealKey key(byte[] sealed) {
    String name = HexFormat.of().formatHex(Arrays.copyOfRange(sealed, 1, 1 + SealKey.ID_BYTES));
    KeyRing ring = configured.get();
    SealKey key = ring == null ? null : ring.named(name);
    return key == null && name.equals(own.name()) ? own : key;
  }

  /** Padding and left-over bits give one content several spellings; only ours is taken. */
  private static boolean isCanonical(byte[] bytes, String sealed) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(sealed);
  }

  private static int charsMax(Purpose purpose) {
    return ((purpose.bytesMax() + EXTRA_BYTES) * 4 + 2) / 3;
  }

  private static byte[] associated(Purpose purpose, SealKey key, Binding binding) {
    try {
      ByteArrayOutputStream parts = new ByteArrayOutputStream(256);
      parts.write(VERSION);
      Binding.add(parts, purpose.label());
      Binding.add(parts, key.name());
      binding.writeTo(parts);
      return MessageDigest.getInstance("SHA-256").digest(parts.toByteArray());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-256 is not there", e);
    }
  }
}
