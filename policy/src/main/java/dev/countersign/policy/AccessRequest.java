// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The question that policy is asked: version 1 of the policy input ({@code docs/policy-input.md}).
 * What is not known is null and then absent from the input; it is never guessed.
 *
 * <p>Immutable but for the bytes of the arguments, which nobody may change; any thread.
 *
 * @param call the request itself
 * @param caller who asks
 * @param session the session it asks in
 * @param task the piece of work it says it does, or null
 * @param server the server it asks of
 * @param target what it asks for
 * @param arguments the arguments, or null
 * @param context where and when
 */
public record AccessRequest(
    Call call,
    Caller caller,
    Session session,
    @Nullable Task task,
    Server server,
    Target target,
    @Nullable Arguments arguments,
    Context context) {

  /**
   * The arguments: UTF-8 text of one JSON object that was strictly parsed. They stay where they are
   * until they are copied, verbatim, into the input of a policy that reads them.
   *
   * @param document what they are a part of
   * @param start their first byte
   * @param end the byte after their last
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody; copied once, into the input
  public record Arguments(byte[] document, int start, int end) {
    /** Those that are a document of their own. */
    public static Arguments of(byte[] json) {
      return new Arguments(json, 0, json.length);
    }
  }

  /**
   * The request.
   *
   * @param id names the call in records
   * @param method the MCP method
   * @param era the protocol revision it is made in
   * @param trigger why policy is asked
   * @param round how many times it was tried before
   * @param parent the call that led to it, or null
   */
  public record Call(
      String id, String method, String era, Trigger trigger, int round, @Nullable String parent) {}

  /**
   * Who asks, as proved.
   *
   * @param id the namespaced name that grants match: {@code spiffe://…} or {@code oidc:…}
   * @param kind how it was proved who it is
   * @param issuer who vouched for it
   * @param subject its name at the issuer
   * @param client the OAuth client, or null
   * @param trustDomain the SPIFFE trust domain, or null
   * @param proof what binds the credential to its holder
   * @param scopes what the credential carries
   * @param user the person it acts for, or null
   * @param actors the chain of those who act, outermost first
   */
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
      List<String> actors) {
    public Caller {
      scopes = List.copyOf(scopes);
      actors = List.copyOf(actors);
    }
  }

  /**
   * The session.
   *
   * @param id names it in records, or null
   * @param ageSeconds how old it is, or -1
   * @param calls how many calls it has made, or -1
   */
  public record Session(@Nullable String id, long ageSeconds, long calls) {}

  /**
   * The declared task.
   *
   * @param id names it in records, or null
   * @param purpose what it is said to be for, or null
   * @param assurance how much that word is worth
   */
  public record Task(@Nullable String id, @Nullable String purpose, String assurance) {}

  /**
   * The server.
   *
   * @param name its name in the settings
   * @param uri where it is
   * @param environment the operator's word for where it runs, or null
   */
  public record Server(String name, String uri, @Nullable String environment) {}

  /**
   * What is asked for.
   *
   * @param kind what it is
   * @param name its name at the server: of a resource its URI, of a template its text, of the
   *     server as a whole the server's
   * @param pinned whether its definition is an approved one
   * @param digest of the definition, or null
   * @param effect what it does, or null when nobody said
   * @param labels the operator's
   */
  public record Target(
      TargetKind kind,
      String name,
      boolean pinned,
      @Nullable String digest,
      @Nullable Effect effect,
      Map<String, String> labels) {
    public Target {
      labels =
          labels.isEmpty() ? Map.of() : Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }
  }

  /**
   * Where and when.
   *
   * @param time now
   * @param source the client's network address, or null
   * @param node this gateway
   * @param revision of the settings
   */
  public record Context(Instant time, @Nullable String source, String node, String revision) {}
}
