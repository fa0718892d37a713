// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.http.HttpObserver.Refused;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What heads that are never finished may take of the memory that is there for all. */
final class StartedHeadTest {
  private static final int ROOM_BYTES = 3000;
  private static final String WHOLE = "GET /x HTTP/1.1\r\nHost: gw\r\n\r\n";
  private static final String BEGUN = "GET /x HTTP/1.1\r\nHost: gw\r\nX: " + "a".repeat(900);

  private final BufferBudget all = new BufferBudget(() -> 10 * ROOM_BYTES);
  private final BufferBudget strangers = new BufferBudget(() -> ROOM_BYTES);

  private EmbeddedChannel connection() {
    return new EmbeddedChannel(
        new StrictRequestDecoder(4096, arrived -> {}, () -> new BufferHold(all, strangers)));
  }

  private static Http1Request send(EmbeddedChannel connection, String text) {
    begin(connection, text);
    Http1Request request = connection.readInbound();
    assertThat(request).isNotNull();
    return request;
  }

  /** The beginning of a head. */
  private static void part(EmbeddedChannel connection, String text) {
    begin(connection, text);
    assertThat(connection.<Object>readInbound()).isNull();
  }

  private static void begin(EmbeddedChannel connection, String text) {
    ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    connection.writeInbound(bytes);
    assertThat(bytes.refCnt()).as("network buffers that are kept").isZero();
  }

  @Test
  void countsThemAndRefusesWhatThereIsNoRoomFor() {
    EmbeddedChannel[] begun = new EmbeddedChannel[3];
    for (int i = 0; i < begun.length; i++) {
      begun[i] = connection();
      part(begun[i], BEGUN);
    }
    assertThat(strangers.used()).isEqualTo(3L * BEGUN.length()).isEqualTo(all.used());

    Http1Request refused = send(connection(), BEGUN);

    Refusal refusal = Http1Head.refusal(refused);
    assertThat(refusal).isEqualTo(Refusal.noRoom());
    begun[0].close();
    part(connection(), BEGUN);
  }

  @Test
  void takesHeadsThatComeWholeWhenThereIsNoRoom() {
    assertThat(strangers.take(ROOM_BYTES)).isTrue();
    EmbeddedChannel connection = connection();

    for (int i = 0; i < 3; i++) {
      Http1Request request = send(connection, WHOLE);
      assertThat(request.decoderResult().isSuccess()).isTrue();
    }
  }

  @Test
  void givesBackWhatItTookWhenTheHeadIsWholeOrRefused() {
    EmbeddedChannel connection = connection();
    for (int i = 0; i < 3; i++) {
      part(connection, "GET /x HTTP/1.1\r\nHo");
      assertThat(all.used()).isPositive();
      Http1Request request = send(connection, "st: gw\r\n\r\n");
      assertThat(request.lines()).containsExactly(new Header("host", "gw"));
      assertThat(all.used()).isZero();
    }
    part(connection, "GET /x HTTP/1.1\r\nHo");
    assertThat(send(connection, "st\n").decoderResult().isFailure()).isTrue();
    assertThat(all.used()).isZero();
    assertThat(strangers.used()).isZero();
  }

  @Test
  void readsTheBeginningOfAnotherHeadBehindAWholeOne() {
    EmbeddedChannel connection = connection();
    assertThat(send(connection, WHOLE + "DELETE /y HTTP/1.1\r\n").uri()).isEqualTo("/x");
    Http1Request next = send(connection, "Host: gw\r\n\r\n");

    assertThat(next.method().name()).isEqualTo("DELETE");
    assertThat(next.uri()).isEqualTo("/y");
  }

  @Test
  void saysThatThereIsNoRoomAndGivesAllBackWhenClientsLeave() throws IOException {
    try (RawServer server = new RawServer(2L * ROOM_BYTES)) {
      RawClient[] begun = new RawClient[3];
      for (int i = 0; i < begun.length; i++) {
        begun[i] = new RawClient(server.port()).send(BEGUN);
        long wanted = (i + 1L) * BEGUN.length();
        RawServer.await(() -> server.budget.used() == wanted);
      }
      try (RawClient refused = new RawClient(server.port())) {
        assertThat(refused.send(BEGUN).answer()).startsWith("HTTP/1.1 503 ");
      }
      assertThat(server.refused).containsExactly(Refused.NO_ROOM);
      try (RawClient whole = new RawClient(server.port())) {
        assertThat(whole.send(WHOLE).answer()).startsWith("HTTP/1.1 200 ");
      }
      for (RawClient client : begun) {
        client.hangUp();
      }
      RawServer.await(() -> server.budget.used() == 0);
    }
  }
}
