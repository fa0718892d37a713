// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Writes down a reply, and that nothing comes out of turn. */
class ReplyRecord implements ReplyListener {
  final AtomicLong received = new AtomicLong();
  final AtomicInteger sentAgain = new AtomicInteger();
  private final CompletableFuture<@Nullable UpstreamFailure> over = new CompletableFuture<>();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private volatile @Nullable ReplyHead head;
  private volatile @Nullable String outOfTurn;

  @Override
  public void sentAgain() {
    expect(head == null && !over.isDone(), "again");
    sentAgain.incrementAndGet();
  }

  @Override
  public void head(ReplyHead reply) {
    expect(head == null && !over.isDone(), "head");
    head = reply;
  }

  @Override
  public void data(byte[] piece) {
    expect(head != null && !over.isDone(), "data");
    received.addAndGet(piece.length);
    if (body.size() < 1 << 16) {
      body.writeBytes(piece);
    }
  }

  @Override
  public void end() {
    expect(head != null && !over.isDone(), "end");
    over.complete(null);
  }

  @Override
  public void failed(UpstreamFailure failure) {
    expect(!over.isDone(), "failure");
    over.complete(failure);
  }

  private void expect(boolean inTurn, String what) {
    if (!inTurn) {
      outOfTurn = what;
    }
  }

  boolean isOver() {
    return over.isDone();
  }

  @Nullable ReplyHead headOrNull() {
    return head;
  }

  /** Waits for a whole reply. */
  String whole() throws InterruptedException {
    UpstreamFailure failure = outcome();
    if (failure != null) {
      throw new AssertionError("failed: " + failure);
    }
    return body.toString(StandardCharsets.ISO_8859_1);
  }

  /** Waits for a failure. */
  UpstreamFailure failure() throws InterruptedException {
    UpstreamFailure failure = outcome();
    if (failure == null) {
      throw new AssertionError("a whole reply: " + body.toString(StandardCharsets.ISO_8859_1));
    }
    return failure;
  }

  /** Waits for the end; null when it was a good one. */
  @Nullable UpstreamFailure outcome() throws InterruptedException {
    try {
      UpstreamFailure failure = over.get(10, TimeUnit.SECONDS);
      if (outOfTurn != null) {
        throw new AssertionError("came out of turn: " + outOfTurn);
      }
      return failure;
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("no end of the reply", e);
    }
  }

  ReplyHead replyHead() {
    return requireNonNull(head, "no head");
  }
}
