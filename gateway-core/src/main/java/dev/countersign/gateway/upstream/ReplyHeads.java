// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What makes a reply's head one that cannot be taken, whatever version of HTTP brought it. */
final class ReplyHeads {
  /** Interim answers before a reply; more are no progress but a way to keep a connection busy. */
  static final int INTERIM_MAX = 64;

  private ReplyHeads() {}

  /** What is wrong with a final status, or null. */
  static @Nullable String fault(int status, List<String> contentTypes, List<String> sessionIds) {
    if (status >= 300 && status < 400) {
      // Following it would carry the call and its credential to a place nobody configured.
      return "the server answered with a redirect";
    }
    if (contentTypes.size() > 1 || sessionIds.size() > 1) {
      return "a header that may come once was repeated";
    }
    return null;
  }

  /** What is wrong with an interim answer, the {@code count}th of its reply, or null. */
  static @Nullable String interimFault(int status, int count) {
    if (status == 101) {
      return "the server changed the protocol";
    }
    return count > INTERIM_MAX ? "too many interim answers" : null;
  }

  static ReplyHead of(
      int status,
      List<String> contentTypes,
      List<String> sessionIds,
      @Nullable String contentCoding,
      String executor) {
    return new ReplyHead(
        status,
        contentTypes.isEmpty() ? null : contentTypes.getFirst(),
        contentCoding != null && !contentCoding.equalsIgnoreCase("identity"),
        sessionIds.isEmpty() ? null : sessionIds.getFirst(),
        executor);
  }
}
