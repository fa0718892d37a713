// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The question: version 1 of the policy input. What is not known is absent, never guessed.
 *
 * @param call the request itself
 * @param caller who asks
 * @param session the session it asks in
 * @param task the piece of work it says it does, or null
 * @param server the server it asks of
 * @param target what it asks for
 * @param arguments the arguments as JSON text of an object that was strictly parsed, or null
 * @param context where and when
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody; copied once, into the input
public record AccessRequest(
    Call call,
    Caller caller,
    Session session,
    @Nullable Task task,
    Server server,
    Target target,
    byte @Nullable [] arguments,
    Context context) {

  /** The request. {@code round} counts retries; {@code parent} is the call that led to it. */
  public record Call(
      String id, String method, String era, Trigger trigger, int round, @Nullable String parent) {}

  /** Who asks, as proved. */
  public record Caller(
      String id,
      String kind,
      String issuer,
      String subject,
      @Nullable String client,
      @Nullable String trustDomain,
      String proof,
      List<String> scopes,
      @Nullable String user,
      List<String> actors) {}

  /** The session; -1 for an age or a count that is not known. */
  public record Session(@Nullable String id, long ageSeconds, long calls) {}

  /** The declared task. */
  public record Task(@Nullable String id, @Nullable String purpose, String assurance) {}

  /** The server. */
  public record Server(String name, String uri, @Nullable String environment) {}

  /** What is asked for. */
  public record Target(
      TargetKind kind,
      String name,
      boolean pinned,
      @Nullable String digest,
      @Nullable Effect effect,
      Map<String, String> labels) {}

  /** Where and when. */
  public record Context(Instant time, @Nullable String source, String node, String revision) {}
}
