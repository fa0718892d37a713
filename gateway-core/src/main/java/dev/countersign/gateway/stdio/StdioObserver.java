// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

/** Counts what happens to programs. Any thread; must not block. */
public interface StdioObserver {
  /** What became of the wish to start a program. */
  enum Start {
    /** It was started. */
    STARTED,
    /** It ended before it had answered anything. */
    FAILED,
    /** As many as may run did. */
    LIMIT,
    /** It had failed too often just before. */
    HELD_BACK
  }

  /** What became of a line that did not go on. */
  enum Line {
    /** On standard output, and no JSON-RPC message. */
    NOT_A_MESSAGE,
    /** On standard output, and longer than {@code limits.event_bytes}. */
    TOO_LONG,
    /** A message that belongs to no call and no stream. */
    UNOWNED,
    /** On standard error, and more than a log should take. */
    NOT_LOGGED
  }

  /** A program was to be started. */
  void started(String server, Start what);

  /** A line was not handed on. */
  void line(String server, Line what);
}
