// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.toolserver;

/**
 * How calls of one path are answered. A path is made of the wishes and ends with {@code mcp}, such
 * as {@code /delay-300/size-5000/sse/mcp}.
 *
 * @param delayMicros how long the answer takes
 * @param textBytes length of the text in the result
 * @param sse whether the answer is a stream of one event, rather than JSON
 */
record Behaviour(long delayMicros, int textBytes, boolean sse) {
  private static final int TEXT_BYTES = 110;
  private static final int TEXT_BYTES_MAX = 16 << 20;

  static Behaviour of(String path) {
    long delay = 0;
    int text = TEXT_BYTES;
    boolean sse = false;
    for (String wish : path.split("/")) {
      if (wish.startsWith("delay-")) {
        delay = Long.parseLong(wish.substring(6));
      } else if (wish.startsWith("size-")) {
        text = Math.min(TEXT_BYTES_MAX, Integer.parseInt(wish.substring(5)));
      } else if (wish.equals("sse")) {
        sse = true;
      }
    }
    return new Behaviour(delay, text, sse);
  }
}
