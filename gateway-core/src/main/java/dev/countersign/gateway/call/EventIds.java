// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.seal.Binding;
import dev.countersign.gateway.seal.Purpose;
import dev.countersign.gateway.seal.Seal;
import dev.countersign.gateway.session.BoundSession;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Ids of events, as legacy clients get them: the server's own, and the stream it is of, sealed for
 * the caller, the route and the session. Servers may name their streams alike in all sessions, so
 * their ids are no proof of anything.
 */
final class EventIds {
  /** The stream of a session that belongs to no request. */
  static final String STANDALONE = "-";

  private static final int THEIRS_CHARS_MAX = 1024;

  private final Seal seal;

  EventIds(Seal seal) {
    this.seal = seal;
  }

  /**
   * Where a stream is to go on.
   *
   * @param stream the id of the call that it answers, or {@link #STANDALONE}
   * @param eventId the server's id
   */
  record Position(String stream, String eventId) {}

  /** An id for a client, or null when the server's cannot be given back in a header. */
  @Nullable String seal(Call call, String stream, @Nullable String theirs) {
    BoundSession session = call.session();
    if (session == null
        || theirs == null
        || theirs.isEmpty()
        || theirs.length() > THEIRS_CHARS_MAX
        || !theirs.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
      return null;
    }
    byte[] content = (stream + '\n' + theirs).getBytes(StandardCharsets.US_ASCII);
    return seal.seal(Purpose.EVENT, content, binding(call, session));
  }

  /** What a client's id says, or null when it was not given to it in this session. */
  @Nullable Position open(Call call, BoundSession session, String presented) {
    byte[] content = seal.open(Purpose.EVENT, presented, binding(call, session));
    if (content == null) {
      return null;
    }
    String text = new String(content, StandardCharsets.US_ASCII);
    int end = text.indexOf('\n');
    return new Position(text.substring(0, end), text.substring(end + 1));
  }

  private static Binding binding(Call call, BoundSession session) {
    return Binding.of(call.caller().key(), call.entrance().path(), session.id());
  }
}
