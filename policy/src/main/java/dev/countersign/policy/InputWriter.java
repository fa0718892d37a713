// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the policy input, version 1 ({@code docs/policy-input.md}). {@link #full} is the public
 * contract; {@link #lean} is the part of it that the shipped policy reads, because what an engine
 * takes grows with every byte.
 *
 * <p>Confined to one thread. What is written is valid until the next write.
 */
public final class InputWriter {
  private static final int VERSION = 1;

  private final JsonBuffer json;

  /**
   * @param bytesMax how long an input may be
   */
  public InputWriter(int bytesMax) {
    this.json = new JsonBuffer(bytesMax);
  }

  /** What was written: its first {@link #length} bytes. Not to be changed or kept. */
  public byte[] bytes() {
    return json.bytes();
  }

  /** How many bytes were written. */
  public int length() {
    return json.length();
  }

  /**
   * Caller id, server name, target kind, name and effect.
   *
   * @throws IllegalArgumentException when it is over the limit or a text cannot be said in UTF-8
   */
  public void lean(AccessRequest request) {
    json.reset();
    json.open('{');
    open("caller");
    text("id", request.caller().id());
    json.close('}');
    open("server");
    text("name", request.server().name());
    json.close('}');
    AccessRequest.Target target = request.target();
    open("target");
    text("kind", target.kind().wire());
    text("name", target.name());
    text("effect", wire(target.effect()));
    json.close('}');
    json.close('}');
  }

  /**
   * All that is known.
   *
   * @throws IllegalArgumentException when it is over the limit, a text cannot be said in UTF-8, or
   *     the arguments are not the text of an object
   */
  public void full(AccessRequest request) {
    json.reset();
    json.open('{');
    number("v", VERSION);
    call(request.call());
    caller(request.caller());
    session(request.session());
    task(request.task());
    server(request.server());
    target(request.target());
    arguments(request.arguments());
    context(request.context());
    json.close('}');
  }

  private void call(AccessRequest.Call call) {
    open("call");
    text("id", call.id());
    text("method", call.method());
    text("era", call.era());
    text("trigger", call.trigger().wire());
    number("round", call.round());
    text("parent", call.parent());
    json.close('}');
  }

  private void caller(AccessRequest.Caller caller) {
    open("caller");
    text("id", caller.id());
    text("kind", caller.kind());
    text("issuer", caller.issuer());
    text("subject", caller.subject());
    text("client", caller.client());
    text("trust_domain", caller.trustDomain());
    text("proof", caller.proof());
    texts("scopes", caller.scopes());
    text("user", caller.user());
    texts("actors", caller.actors());
    json.close('}');
  }

  private void session(AccessRequest.Session session) {
    open("session");
    text("id", session.id());
    if (session.ageSeconds() >= 0) {
      number("age_s", session.ageSeconds());
    }
    if (session.calls() >= 0) {
      number("calls", session.calls());
    }
    json.close('}');
  }

  private void task(AccessRequest.@Nullable Task task) {
    if (task == null) {
      return;
    }
    open("task");
    text("id", task.id());
    text("purpose", task.purpose());
    text("assurance", task.assurance());
    json.close('}');
  }

  private void server(AccessRequest.Server server) {
    open("server");
    text("name", server.name());
    text("uri", server.uri());
    text("environment", server.environment());
    json.close('}');
  }

  private void target(AccessRequest.Target target) {
    open("target");
    text("kind", target.kind().wire());
    text("name", target.name());
    json.name("pinned");
    json.literal(target.pinned());
    text("digest", target.digest());
    text("effect", wire(target.effect()));
    open("labels");
    for (Map.Entry<String, String> label : target.labels().entrySet()) {
      json.text(label.getKey());
      json.colon();
      json.text(label.getValue());
    }
    json.close('}');
    json.close('}');
  }

  /** They were parsed and judged before; only a slip of ours would be something else here. */
  private void arguments(AccessRequest.@Nullable Arguments arguments) {
    if (arguments == null) {
      return;
    }
    byte[] document = arguments.document();
    int start = arguments.start();
    int end = arguments.end();
    if (end - start < 2 || document[start] != '{' || document[end - 1] != '}') {
      throw new IllegalArgumentException("the arguments are not an object");
    }
    json.name("arguments");
    json.raw(document, start, end);
  }

  private void context(AccessRequest.Context context) {
    open("context");
    text("time", context.time().toString());
    text("source", context.source());
    text("node", context.node());
    text("revision", context.revision());
    json.close('}');
  }

  private void open(String name) {
    json.name(name);
    json.open('{');
  }

  private void number(String name, long value) {
    json.name(name);
    json.number(value);
  }

  private void text(String name, @Nullable String value) {
    if (value != null) {
      json.name(name);
      json.text(value);
    }
  }

  private void texts(String name, List<String> values) {
    json.name(name);
    json.open('[');
    values.forEach(json::text);
    json.close(']');
  }

  private static @Nullable String wire(@Nullable Effect effect) {
    return effect == null ? null : effect.wire();
  }
}
