// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.bench.wire.MessageReader;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What counts as an answer, and what as none. */
final class DriverTest {
  private final EventLoop loop = new DefaultEventLoop();
  private final List<Long> answeredIds = new ArrayList<>();
  private final Driver driver =
      new Driver(
          loop,
          List.of(
              CallKind.modern("h", "/mcp", "", "read_x", 300, false),
              CallKind.modern("h", "/mcp", "", "delete_x", 300, true)),
          0,
          answeredIds::add);
  private final Recorded slot = new Recorded(driver);

  /** Sends nowhere. */
  private static final class Recorded extends Slot {
    private long id;

    Recorded(Driver driver) {
      super(driver);
    }

    @Override
    void write(CallKind kind, long nextId) {
      id = nextId;
    }

    @Override
    void close() {}

    void answer(int status, String json) {
      byte[] bytes = MessageReader.bytes(json.replace("ID", Long.toString(id)));
      answered(status, bytes, bytes.length);
    }
  }

  @BeforeEach
  void begin() {
    driver.begin();
  }

  @AfterEach
  void stop() {
    loop.shutdownGracefully();
  }

  @Test
  void countsResultsAndRefusalsThatHadToCome() {
    driver.ready(slot);
    slot.answer(200, "{\"jsonrpc\":\"2.0\",\"id\":ID,\"result\":{}}");
    slot.answer(403, "{\"jsonrpc\":\"2.0\",\"id\":ID,\"error\":{}}");

    Progress progress = driver.progress();
    assertThat(progress.answered()).isEqualTo(2);
    assertThat(progress.refused()).isEqualTo(1);
    assertThat(progress.wrong()).isZero();
    assertThat(answeredIds).containsExactly(CallKind.FIRST_ID, CallKind.FIRST_ID + 1);
    assertThat(driver.takeLatencies().getTotalCount()).isEqualTo(2);
    assertThat(driver.takeLatencies().getTotalCount()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          200 | {"id":ID,"error":{}}      | 0 | 1
          200 | {"id":5,"result":{}}      | 0 | 1
          500 | {"id":ID,"result":{}}     | 0 | 1
          200 |                           | 0 | 1
          503 | {"id":ID,"error":{}}      | 1 | 0
          503 | {"id":null,"error":{}}    | 1 | 0
          503 | {"id":5,"error":{}}       | 0 | 1
          200 | {"id":null,"error":{}}    | 0 | 1
          """)
  void countsWhatIsNoAnswerToAPermittedCall(int status, String json, int turnedAway, int wrong) {
    driver.ready(slot);
    slot.answer(status, json == null ? "" : json);

    Progress progress = driver.progress();
    assertThat(progress.answered()).isZero();
    assertThat(progress.turnedAway()).isEqualTo(turnedAway);
    assertThat(progress.wrong()).isEqualTo(wrong);
    assertThat(answeredIds).isEmpty();
  }

  @Test
  void aDeniedCallThatIsPermittedIsWrong() {
    driver.ready(slot);
    slot.answer(200, "{\"id\":ID,\"result\":{}}");
    slot.answer(200, "{\"id\":ID,\"result\":{}}");

    assertThat(driver.progress().wrong()).isEqualTo(1);
  }

  @Test
  void aCallWhoseConnectionBreaksIsWrong() {
    driver.ready(slot);
    slot.lost();

    assertThat(driver.progress().wrong()).isEqualTo(1);
    assertThat(driver.stop()).isCompleted();
  }

  @Test
  void stoppingWaitsForTheLastAnswer() {
    driver.ready(slot);
    var stopped = driver.stop();
    assertThat(stopped).isNotDone();

    slot.answer(200, "{\"id\":ID,\"result\":{}}");

    assertThat(stopped).isCompleted();
    assertThat(driver.progress().answered()).isEqualTo(1);
  }
}
