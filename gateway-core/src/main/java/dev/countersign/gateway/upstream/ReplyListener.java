// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

/** Takes a server's reply as it comes; every method runs on the call's event loop. */
public interface ReplyListener {
  /** The request goes out anew, because the server provably had nothing of it; before the head. */
  default void sentAgain() {}

  /** The status line and headers; comes once, before everything else. */
  void head(ReplyHead head);

  /** A piece of the body; the array is the listener's to keep. */
  void data(byte[] piece);

  /** The body is whole; the last thing that comes. */
  void end();

  /** There will be nothing more, and the reply is not whole; the last thing that comes. */
  void failed(UpstreamFailure failure);
}
