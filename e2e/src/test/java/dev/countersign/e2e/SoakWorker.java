// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import dev.countersign.e2e.SoakCall.Leave;
import java.io.IOException;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes calls, one after the other, leaves them as they say, and looks at the answers. */
final class SoakWorker {
  /** Fewer than the resets for which the gateway closes a connection. */
  private static final int CALLS_OF_CONNECTION = 20;

  private static final String QUESTION = "elicitation/create";

  private final SoakClient client;
  private final Queue<String> faults;
  private final AtomicInteger answered;
  private @Nullable SoakSocket http1;
  private @Nullable SoakHttp2 http2;
  private int callsOfHttp2;

  /**
   * A worker.
   *
   * @param faults gets what must not have happened
   * @param answered counts answers that were read and found right
   */
  SoakWorker(SoakClient client, Queue<String> faults, AtomicInteger answered) {
    this.client = client;
    this.faults = faults;
    this.answered = answered;
  }

  void make(SoakCall call) throws IOException {
    try {
      SoakSocket.Message answer = call.http2() ? overHttp2(call) : overHttp1(call);
      if (answer != null) {
        check(call, answer);
      }
    } catch (IOException e) {
      if (call.leave() == Leave.NEVER) {
        faults.add(call + " had no answer: " + e);
      }
      end();
    }
  }

  /** Leaves its connections. */
  void end() throws IOException {
    if (http1 != null) {
      http1.close();
      http1 = null;
    }
    if (http2 != null) {
      http2.close();
      http2 = null;
    }
  }

  private SoakSocket.@Nullable Message overHttp1(SoakCall call) throws IOException {
    SoakSocket socket = http1 == null ? SoakSocket.connect(client.port()) : http1;
    http1 = socket;
    String request = client.request(call);
    socket.write(
        call.leave() == Leave.IN_REQUEST
            ? request.substring(0, (int) (call.cut() * request.length()))
            : request);
    if (call.leave() == Leave.IN_REPLY) {
      socket.readSome();
    }
    if (call.leave() != Leave.NEVER) {
      socket.leave(call.reset());
      http1 = null;
      return null;
    }
    SoakSocket.Message answer = socket.read(new Questions(call));
    if (answer.head().contains("\r\nconnection: close")) {
      socket.close();
      http1 = null;
    }
    return answer;
  }

  private SoakSocket.@Nullable Message overHttp2(SoakCall call) throws IOException {
    SoakHttp2 connection = http2;
    if (connection == null || callsOfHttp2 == CALLS_OF_CONNECTION) {
      if (connection != null) {
        connection.close();
      }
      connection = new SoakHttp2(client.port());
      callsOfHttp2 = 0;
    }
    http2 = connection;
    callsOfHttp2++;
    byte[] request = connection.request(client.headers(call), call.body());
    if (call.leave() == Leave.IN_REQUEST) {
      connection.write(Arrays.copyOf(request, (int) (call.cut() * request.length)));
      connection.leave(call.reset());
      http2 = null;
      return null;
    }
    connection.write(request);
    if (call.leave() == Leave.NEVER) {
      return connection.read();
    }
    if (call.leave() == Leave.IN_REPLY) {
      connection.readSome();
    }
    if (call.reset()) {
      connection.leave(true);
      http2 = null;
    } else {
      connection.cancel();
    }
    return null;
  }

  private void check(SoakCall call, SoakSocket.Message got) {
    boolean own = got.body().split(call.answer(), -1).length == 2;
    boolean other = got.body().replace(call.answer(), "").contains("answer-");
    boolean right =
        call.act().answers()
            ? own && got.head().contains(" 200")
            : !own && got.body().contains("\"error\"");
    if (right && !other) {
      answered.incrementAndGet();
    } else {
      faults.add(call + " was answered by " + got);
    }
  }

  /** Answers the question that comes with a call, once. */
  private final class Questions implements Consumer<String> {
    private final SoakCall call;
    private boolean done;

    Questions(SoakCall call) {
      this.call = call;
    }

    @Override
    public void accept(String events) {
      int at = events.indexOf(QUESTION);
      if (done || at < 0 || events.indexOf("\n\n", at) < 0) {
        return;
      }
      done = true;
      String question =
          events.substring(
              events.lastIndexOf("data:", at) + "data:".length(), events.indexOf("\n\n", at));
      try {
        int status = client.answer(question);
        if (status != 202) {
          faults.add("the answer to the question of " + call + " was refused: " + status);
        }
      } catch (Exception e) {
        faults.add("the question of " + call + " could not be answered: " + e);
      }
    }
  }
}
