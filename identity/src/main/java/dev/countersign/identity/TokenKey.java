// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A token and what it was presented for, by value and without the token: the four words of its
 * SHA-256 digest and the resource. Two that are equal get one answer.
 */
record TokenKey(long word0, long word1, long word2, long word3, String resource) {
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Kept, because looking for the implementation is a good part of what a digest costs. */
  private static final ThreadLocal<MessageDigest> SHA256 =
      ThreadLocal.withInitial(TokenKey::sha256);

  /**
   * Of what a header's value holds from some place on. What is not Latin-1 counts as a question
   * mark, which no token contains, so that only the very token has its key.
   */
  static TokenKey of(String authorization, int start, String resource) {
    byte[] bytes = authorization.getBytes(StandardCharsets.ISO_8859_1);
    MessageDigest sha256 = SHA256.get();
    sha256.update(bytes, start, bytes.length - start);
    byte[] digest = sha256.digest();
    return new TokenKey(
        word(digest, 0), word(digest, 1), word(digest, 2), word(digest, 3), resource);
  }

  /** {@code sha256:} and the digest in hexadecimal. */
  String credentialHash() {
    HexFormat hex = HexFormat.of();
    return "sha256:"
        + hex.toHexDigits(word0)
        + hex.toHexDigits(word1)
        + hex.toHexDigits(word2)
        + hex.toHexDigits(word3);
  }

  private static long word(byte[] digest, int index) {
    return (long) WORDS.get(digest, index * Long.BYTES);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
