// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes leaves as lines. Members are written in the order of their names' UTF-16 code units, as
 * RFC 8785 section 3.2.3 asks; golden files hold the result.
 */
final class LeafEncoder {
  /** The version of the format. */
  static final int VERSION = 1;

  /** No line, without its end, is longer; the length fits 16 bits. */
  static final int LINE_BYTES_MAX = (1 << 16) - 1;

  // Limits of texts, in bytes as they stand in the line. Their sum stays below LINE_BYTES_MAX.
  /** Words of closed sets, digests and ids of a fixed form. */
  static final int WORD = 128;

  /** Names, rules, paths, list elements. */
  static final int NAME = 512;

  /** What issuers and clients call someone, and addresses. */
  static final int IDENTITY = 2048;

  /** What may be whole sentences, and names of targets, which may be long URIs. */
  static final int TEXT = 4096;

  /** Elements of a list of settings' problems; also members of counts. */
  static final int LIST = 32;

  /** Elements of a decision's lists. */
  static final int SHORT_LIST = 16;

  private static final int PROBLEM = 1024;

  private LeafEncoder() {}

  /**
   * What the log adds to every leaf.
   *
   * @param node the gateway
   * @param seq the leaf's number
   * @param prev hash of the line before
   * @param ts its time, formatted
   */
  record Common(String node, long seq, String prev, String ts) {}

  /** Writes a leaf as one line, without its end. */
  static void encode(Leaf leaf, Common common, LineBuffer line) {
    line.beginObject();
    switch (leaf) {
      case DecisionLeaf decision -> decision(decision, common, line);
      case OutcomeLeaf outcome -> outcome(outcome, common, line);
      case ConfigLeaf config -> config(config, common, line);
      case NodeLeaf node -> node(node, common, line);
      case SegmentLeaf segment -> segment(segment, common, line);
    }
    line.endObject();
  }

  private static void decision(DecisionLeaf leaf, Common common, LineBuffer line) {
    line.member("args_commit", leaf.argsCommit(), WORD)
        .member("body_digest", leaf.bodyDigest(), WORD)
        .member("call_id", leaf.callId(), WORD);
    caller(leaf.caller(), line);
    line.member("config_revision", leaf.configRevision(), WORD);
    credential(leaf.credential(), line);
    CauseFacts cause = leaf.cause();
    line.member("direction", lower(cause.direction()), WORD).member("era", leaf.era(), WORD);
    intent(leaf.intent(), line);
    line.member("kind", "decision", WORD)
        .member("method", leaf.method(), NAME)
        .member("node", common.node(), WORD)
        .member("outcome_expected", leaf.outcomeExpected())
        .member("parent", cause.parent(), WORD);
    policy(leaf.policy(), line);
    line.member("prev", common.prev(), WORD)
        .member("reason", leaf.reason(), NAME)
        .member("result", lower(leaf.result()), WORD)
        .member("round", cause.round())
        .member("route", leaf.route(), NAME)
        .member("rpc_id", leaf.rpcId(), NAME)
        .member("seq", common.seq());
    server(leaf.server(), line);
    line.member("session_id", leaf.sessionId(), NAME);
    target(leaf.target(), line);
    line.member("trace_id", leaf.traceId(), WORD)
        .member("trigger", cause.trigger(), WORD)
        .member("ts", common.ts(), WORD)
        .member("v", VERSION);
  }

  private static void outcome(OutcomeLeaf leaf, Common common, LineBuffer line) {
    line.member("call_id", leaf.callId(), WORD).member("detail", leaf.detail(), TEXT);
    micros("dispatched_micros", leaf.dispatchedMicros(), line);
    micros("done_micros", leaf.doneMicros(), line);
    line.member("executor", leaf.executor(), IDENTITY);
    micros("first_byte_micros", leaf.firstByteMicros(), line);
    number("http_status", leaf.httpStatus(), line);
    line.member("kind", "outcome", WORD)
        .member("node", common.node(), WORD)
        .member("prev", common.prev(), WORD)
        .member("reply_bytes", leaf.replyBytes())
        .member("result", lower(leaf.result()), WORD)
        .member("result_sha256", leaf.resultSha256(), WORD);
    number("rpc_code", leaf.rpcCode(), line);
    if (leaf.sentAgain() > 0) {
      line.member("sent_again", leaf.sentAgain());
    }
    line.member("seq", common.seq()).member("side_effect", lower(leaf.sideEffect()), WORD);
    Boolean toolError = leaf.toolError();
    if (toolError != null) {
      line.member("tool_error", toolError.booleanValue());
    }
    line.member("ts", common.ts(), WORD).member("v", VERSION);
  }

  private static void config(ConfigLeaf leaf, Common common, LineBuffer line) {
    line.member("applied", leaf.applied())
        .member("cause", leaf.cause(), WORD)
        .member("kind", "config", WORD)
        .member("node", common.node(), WORD)
        .member("prev", common.prev(), WORD)
        .member("problems", leaf.problems(), LIST, PROBLEM)
        .member("revision", leaf.revision(), WORD)
        .member("seq", common.seq())
        .member("ts", common.ts(), WORD)
        .member("v", VERSION);
  }

  private static void node(NodeLeaf leaf, Common common, LineBuffer line) {
    line.beginObject("counts");
    leaf.counts().entrySet().stream()
        .limit(LIST)
        .forEach(count -> line.named(count.getKey(), count.getValue()));
    line.endObject()
        .member("event", leaf.event(), WORD)
        .member("kind", "node", WORD)
        .member("node", common.node(), WORD)
        .member("prev", common.prev(), WORD)
        .member("seq", common.seq())
        .member("ts", common.ts(), WORD)
        .member("v", VERSION);
  }

  private static void segment(SegmentLeaf leaf, Common common, LineBuffer line) {
    line.member("kind", "segment", WORD)
        .member("name", leaf.name(), WORD)
        .member("node", common.node(), WORD)
        .member("open_from_seq", leaf.openFromSeq())
        .member("prev", common.prev(), WORD)
        .member("seq", common.seq())
        .member("ts", common.ts(), WORD)
        .member("v", VERSION);
  }

  private static void caller(CallerFacts caller, LineBuffer line) {
    line.beginObject("caller")
        .member("actors", caller.actors(), SHORT_LIST, NAME)
        .member("client", caller.client(), IDENTITY)
        .member("credential_hash", caller.credentialHash(), WORD)
        .member("id", caller.id(), IDENTITY)
        .member("issuer", caller.issuer(), IDENTITY)
        .member("kind", caller.kind(), WORD)
        .member("proof", caller.proof(), WORD)
        .member("subject", caller.subject(), IDENTITY)
        .member("user", caller.user(), IDENTITY)
        .endObject();
  }

  private static void credential(@Nullable CredentialFacts credential, LineBuffer line) {
    if (credential != null) {
      line.beginObject("credential")
          .member("kind", credential.kind(), WORD)
          .member("reference", credential.reference(), NAME)
          .endObject();
    }
  }

  private static void intent(@Nullable IntentFacts intent, LineBuffer line) {
    if (intent != null) {
      line.beginObject("intent")
          .member("assurance", intent.assurance(), WORD)
          .member("purpose", intent.purpose(), TEXT)
          .endObject();
    }
  }

  private static void policy(PolicyFacts policy, LineBuffer line) {
    line.beginObject("policy")
        .member("engine", policy.engine(), WORD)
        .member("obligations", policy.obligations(), SHORT_LIST, NAME)
        .member("reasons", policy.reasons(), SHORT_LIST, NAME)
        .member("revision", policy.revision(), NAME)
        .member("rule", policy.rule(), NAME)
        .endObject();
  }

  private static void server(@Nullable ServerFacts server, LineBuffer line) {
    if (server != null) {
      line.beginObject("server")
          .member("environment", server.environment(), WORD)
          .member("name", server.name(), WORD)
          .member("negotiated_version", server.negotiatedVersion(), WORD)
          .member("uri", server.uri(), IDENTITY)
          .endObject();
    }
  }

  private static void target(@Nullable TargetFacts target, LineBuffer line) {
    if (target != null) {
      line.beginObject("target")
          .member("effect", target.effect(), WORD)
          .member("exposed_name", target.exposedName(), TEXT)
          .member("kind", target.kind(), WORD)
          .member("name", target.name(), TEXT)
          .endObject();
    }
  }

  private static void micros(String name, long micros, LineBuffer line) {
    if (micros >= 0) {
      line.member(name, micros);
    }
  }

  private static void number(String name, @Nullable Integer number, LineBuffer line) {
    if (number != null) {
      line.member(name, number.longValue());
    }
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
