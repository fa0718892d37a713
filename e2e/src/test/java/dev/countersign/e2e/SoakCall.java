// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.util.SplittableRandom;

/**
 * One call of the soak, and what goes wrong with it.
 *
 * @param number its own; also its JSON-RPC id
 * @param modern of 2026-07-28, else of 2025-11-25
 * @param http2 over HTTP/2, else HTTP/1.1
 * @param tool what is called; {@code read_*} is labelled as reading only
 * @param act what the server does
 * @param leave when the client leaves
 * @param cut how much of what is cut is there before the cut, from 0 to 1
 * @param reset connections are cut by RST, else closed
 * @param pauseMillis for how long the server thinks
 */
record SoakCall(
    int number,
    boolean modern,
    boolean http2,
    String tool,
    Act act,
    Leave leave,
    double cut,
    boolean reset,
    int pauseMillis) {

  /** What the server does with a call. */
  enum Act {
    JSON,
    EVENTS,
    ASK,
    HOLD,
    CUT_BEFORE_HEAD,
    CUT_HEAD,
    CUT_BODY,
    CUT_EVENT;

    boolean answers() {
      return switch (this) {
        case JSON, EVENTS, ASK, HOLD -> true;
        case CUT_BEFORE_HEAD, CUT_HEAD, CUT_BODY, CUT_EVENT -> false;
      };
    }
  }

  /** When the client leaves. */
  enum Leave {
    NEVER,
    IN_REQUEST,
    AFTER_REQUEST,
    IN_REPLY
  }

  private static final int PAUSE_MAX_MILLIS = 20;

  /** For how long the server waits for a client that stays to answer its question. */
  private static final int PATIENCE_MILLIS = 20_000;

  private static final Act[] ANSWERS = {Act.JSON, Act.JSON, Act.EVENTS, Act.EVENTS, Act.ASK};
  private static final Act[] CUTS = {
    Act.CUT_BEFORE_HEAD, Act.CUT_HEAD, Act.CUT_BODY, Act.CUT_EVENT
  };
  private static final Leave[] LEAVES = {
    Leave.IN_REQUEST, Leave.AFTER_REQUEST, Leave.IN_REPLY, Leave.IN_REPLY
  };

  /** The call of this number: the same for the same seed, whatever runs beside it. */
  static SoakCall of(long seed, int number) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    boolean http2 = random.nextInt(5) == 0;
    Act act = random.nextInt(10) < 3 ? any(random, CUTS) : any(random, ANSWERS);
    boolean modern = act != Act.ASK && random.nextBoolean();
    return new SoakCall(
        number,
        modern,
        http2 && act != Act.ASK,
        random.nextBoolean() ? "read_note" : "write_note",
        act,
        random.nextInt(10) < 4 ? any(random, LEAVES) : Leave.NEVER,
        random.nextDouble(),
        random.nextBoolean(),
        random.nextInt(PAUSE_MAX_MILLIS));
  }

  /** A call whose answer waits until the server is told to give it. */
  static SoakCall held(int number, boolean modern) {
    return new SoakCall(number, modern, false, "write_note", Act.HOLD, Leave.NEVER, 0, false, 0);
  }

  private static <T> T any(SplittableRandom random, T[] choices) {
    return choices[random.nextInt(choices.length)];
  }

  /** The text that only this call's answer has. */
  String answer() {
    return answer(number);
  }

  static String answer(int number) {
    return "answer-" + number + "-";
  }

  String body() {
    String meta =
        modern
            ? ",\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                + "\"io.modelcontextprotocol/clientCapabilities\":{}"
            : "";
    return """
    {"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"%s","arguments":\
    {"number":%d,"modern":%b,"act":"%s","cut":%s,"reset":%b,"pause":%d,"patience":%d},\
    "_meta":{"progressToken":%d%s}}}\
    """
        .formatted(
            number,
            tool,
            number,
            modern,
            act,
            Double.toString(cut),
            reset,
            pauseMillis,
            leave == Leave.NEVER ? PATIENCE_MILLIS : PAUSE_MAX_MILLIS,
            number,
            meta);
  }
}
