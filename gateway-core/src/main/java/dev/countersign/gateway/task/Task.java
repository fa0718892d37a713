// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.task;

import dev.countersign.gateway.rounds.RequestState;
import dev.countersign.identity.CallerKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One task of a server; any thread. */
public final class Task {
  /** Questions of one task that wait for answers. */
  public static final int QUESTIONS_MAX = 64;

  private final String id;
  private final CallerKey owner;
  private final String tool;
  private final String call;
  private final long expiresMillis;
  private final Map<String, RequestState.Asked> asked = new LinkedHashMap<>();
  private final Map<String, RequestState.Declined> declined = new LinkedHashMap<>();

  Task(String id, CallerKey owner, String tool, String call, long expiresMillis) {
    this.id = id;
    this.owner = owner;
    this.tool = tool;
    this.call = call;
    this.expiresMillis = expiresMillis;
  }

  /** The server's name for it. */
  public String id() {
    return id;
  }

  /** The tool that does it, which policy knows it by. */
  public String tool() {
    return tool;
  }

  /** The id of the call that created it. */
  public String call() {
    return call;
  }

  CallerKey owner() {
    return owner;
  }

  boolean over(long nowMillis) {
    return nowMillis >= expiresMillis;
  }

  /**
   * Remembers a question that its owner was shown.
   *
   * @return false when there is no room for it
   */
  public synchronized boolean ask(RequestState.Asked question) {
    if (asked.size() == QUESTIONS_MAX && !asked.containsKey(question.key())) {
      return false;
    }
    asked.put(question.key(), question);
    return true;
  }

  /**
   * Remembers a question that its owner was not shown.
   *
   * @return false when there is no room for it
   */
  public synchronized boolean decline(RequestState.Declined question) {
    if (declined.size() == QUESTIONS_MAX && !declined.containsKey(question.key())) {
      return false;
    }
    declined.put(question.key(), question);
    return true;
  }

  /** What its owner was shown and may answer. */
  public synchronized List<RequestState.Asked> asked() {
    return List.copyOf(asked.values());
  }

  /** What is answered in its owner's place. */
  public synchronized List<RequestState.Declined> declined() {
    return List.copyOf(declined.values());
  }
}
