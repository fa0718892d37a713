// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.CallEndException;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.session.ResumableStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a legacy request, for whoever goes on with it after it broke: the answer is judged,
 * recorded and ended where the request is, on the loop of its call.
 */
final class CallStream implements ResumableStream {
  private final Call call;
  private final FinalAnswer answers;
  private final Consumer<Throwable> broke;

  /**
   * @param broke told what an answer was refused for
   */
  CallStream(Call call, FinalAnswer answers, Consumer<Throwable> broke) {
    this.call = call;
    this.answers = answers;
    this.broke = broke;
  }

  @Override
  public @Nullable RpcId request() {
    return call.message().id();
  }

  @Override
  public boolean ownsProgress(@Nullable JsonValue token) {
    JsonValue given = call.message().meta().progressToken();
    return given != null
        && token != null
        && given.kind() == token.kind()
        && Arrays.equals(given.raw(), token.raw());
  }

  @Override
  public CompletableFuture<Optional<byte[]>> answer(
      byte[] bytes, RpcMessage message, @Nullable String digest) {
    CompletableFuture<Optional<byte[]>> told = new CompletableFuture<>();
    call.exchange()
        .loop()
        .execute(
            () ->
                CompletableFuture.completedFuture(null)
                    .thenCompose(
                        here ->
                            answers.releaseElsewhere(
                                new ReplyMessages.Judged.Final(bytes, message, digest)))
                    .exceptionally(this::refused)
                    .thenAccept(told::complete));
    return told;
  }

  private Optional<byte[]> refused(Throwable failure) {
    if (call.life().ended()) {
      return Optional.empty();
    }
    broke.accept(failure);
    Throwable cause = CallEndException.causeOf(failure);
    RefusedException refusal =
        cause instanceof RefusedException known ? known : RefusedException.of(Reason.INTERNAL);
    return Optional.of(RefusalBody.of(call, refusal));
  }
}
