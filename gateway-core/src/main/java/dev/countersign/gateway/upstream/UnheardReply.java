// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The reply to what is sent without anybody waiting for it. It must not hold a connection, so it is
 * broken off after five seconds. Confined to the loop of what was sent.
 */
public final class UnheardReply implements ReplyListener {
  private static final Duration TIME = Duration.ofSeconds(5);

  private final Runnable whenFailed;
  private final Runnable whenOver;
  private Loop.@Nullable Timer timer;
  private boolean over;

  /**
   * @param whenFailed runs when there is none
   * @param whenOver runs once, when nothing more comes
   */
  public UnheardReply(Runnable whenFailed, Runnable whenOver) {
    this.whenFailed = whenFailed;
    this.whenOver = whenOver;
  }

  /** What this is the reply to. */
  public void to(UpstreamExchange sent, Loop loop) {
    if (!over) {
      timer =
          loop.after(
              TIME,
              () -> {
                sent.cancel();
                over();
              });
    }
  }

  @Override
  public void head(ReplyHead reply) {}

  @Override
  public void data(byte[] piece) {}

  @Override
  public void end() {
    over();
  }

  @Override
  public void failed(UpstreamFailure failure) {
    whenFailed.run();
    over();
  }

  private void over() {
    if (!over) {
      over = true;
      if (timer != null) {
        timer.cancel();
      }
      whenOver.run();
    }
  }
}
