// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.error;

import java.util.concurrent.CompletionException;

/**
 * Ends the way of a call before its end, as expected: there is an answer, and no stack trace,
 * because a flood of them must stay cheap. A {@link CompletionException}, which futures pass on as
 * it is; any other they wrap in one, stack trace included.
 */
public abstract class CallEndException extends CompletionException {
  private static final long serialVersionUID = 1L;

  /** An end, for those who read logs. */
  protected CallEndException(String message) {
    super(message);
  }

  /** What a future failed with, which may be wrapped. */
  public static Throwable causeOf(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** None. */
  @Override
  @SuppressWarnings("UnsynchronizedOverridesSynchronized") // there is nothing to guard
  public final Throwable fillInStackTrace() {
    return this;
  }
}
