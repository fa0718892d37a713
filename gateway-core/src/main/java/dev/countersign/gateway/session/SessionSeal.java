// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import dev.countersign.identity.CallerKey;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Seals session ids with AES-256-GCM; the caller and the route are additional data, so an id in
 * other hands, or on another route, does not even decrypt.
 *
 * <p>The key is made at start and never leaves the process: the sessions it seals do not outlive
 * the process either. Form: {@code base64url(version 1 byte | nonce 12 | ciphertext 16 | tag 16)}.
 */
final class SessionSeal {
  private static final byte VERSION = 1;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int ID_BYTES = 16;
  private static final int SEALED_BYTES = 1 + NONCE_BYTES + ID_BYTES + TAG_BITS / 8;
  private static final int SEALED_CHARS = (SEALED_BYTES * 4 + 2) / 3;

  private final SecretKeySpec key;
  private final SecureRandom random;

  SessionSeal(SecureRandom random) {
    this.random = random;
    byte[] fresh = new byte[32];
    random.nextBytes(fresh);
    this.key = new SecretKeySpec(fresh, "AES");
    Arrays.fill(fresh, (byte) 0);
  }

  String seal(byte[] id, CallerKey caller, String route) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(associated(caller, route));
      byte[] sealed =
          ByteBuffer.allocate(SEALED_BYTES).put(VERSION).put(nonce).put(cipher.doFinal(id)).array();
      return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM is not there", e);
    }
  }

  /** The id, or null when it was not sealed here for this caller and route. */
  byte @Nullable [] open(String sealed, CallerKey caller, String route) {
    if (sealed.length() != SEALED_CHARS) {
      return null;
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(sealed);
      if (bytes.length != SEALED_BYTES || bytes[0] != VERSION) {
        return null;
      }
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, bytes, 1, NONCE_BYTES));
      cipher.updateAAD(associated(caller, route));
      return cipher.doFinal(bytes, 1 + NONCE_BYTES, bytes.length - 1 - NONCE_BYTES);
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      return null;
    }
  }

  /** Every part with its length before it, so that no two callers give the same bytes. */
  private static byte[] associated(CallerKey caller, String route) {
    try {
      ByteArrayOutputStream parts = new ByteArrayOutputStream();
      add(parts, caller.kind());
      add(parts, caller.issuer());
      add(parts, caller.subject());
      String client = caller.client();
      add(parts, client == null ? "-" : "+" + client);
      add(parts, route);
      return MessageDigest.getInstance("SHA-256").digest(parts.toByteArray());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-256 is not there", e);
    }
  }

  private static void add(ByteArrayOutputStream out, String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    out.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
    out.writeBytes(bytes);
  }
}
