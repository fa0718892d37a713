// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.input.ClientCapabilities;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What was settled on a call's way out that its reply is held to: what the server may ask, whether
 * it may make a task of it, what a stream may bring. Each is set once, before the call goes out;
 * until then nothing is allowed. Confined to the call's event loop.
 */
final class ReplyTerms {
  private ClientCapabilities capabilities = ClientCapabilities.NONE;
  private Map<String, String> questions = Map.of();
  private boolean tasksDeclared;
  private boolean mayBeTask;
  private @Nullable Listening listening;
  private @Nullable Resumption resumption;
  private @Nullable UnaryOperator<String> cursors;

  /** The server's question of this name may be asked, and is this call. */
  void asked(String name, String callId) {
    if (questions.isEmpty()) {
      questions = new HashMap<>();
    }
    questions.put(name, callId);
  }

  /** The call that the server's question of this name is, or null when it may not be asked. */
  @Nullable String questionCall(String name) {
    return questions.get(name);
  }

  void capabilities(ClientCapabilities granted) {
    capabilities = granted;
  }

  /** What the server is told that the client may be asked for; nothing unless said. */
  ClientCapabilities capabilities() {
    return capabilities;
  }

  void mayBecomeTask(boolean granted) {
    tasksDeclared = granted;
  }

  /** Whether the server is told that its client knows of tasks. */
  boolean mayBecomeTask() {
    return tasksDeclared;
  }

  void mayBeTask(boolean granted) {
    mayBeTask = granted;
  }

  /** Whether it asked to go on as a legacy task, and may. */
  boolean mayBeTask() {
    return mayBeTask;
  }

  void listening(Listening to) {
    listening = to;
  }

  /** What a {@code subscriptions/listen} may hear; null for all other calls. */
  @Nullable Listening listening() {
    return listening;
  }

  /** The GET goes on with a stream that broke. */
  void resumes(Resumption broken) {
    resumption = broken;
  }

  /** What the GET goes on with, or null. */
  @Nullable Resumption resumption() {
    return resumption;
  }

  void cursors(UnaryOperator<String> sealing) {
    cursors = sealing;
  }

  /** Makes a cursor for the client of a server's. */
  UnaryOperator<String> cursors() {
    return Call.established(cursors);
  }
}
