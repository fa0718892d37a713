// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.http.HttpObserver.Refused;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * Strangers can open connections and streams, and send long heads, by the thousand: the memory that
 * these take together is bounded, however many of each are allowed.
 */
final class ConnectionRoomTest {
  private static final int KIB = 1 << 10;

  @Test
  void closesConnectionsThatThereIsNoRoomFor() throws IOException {
    try (RawServer server = RawServer.withRoom(20 * KIB);
        RawClient first = new RawClient(server.port());
        RawClient second = new RawClient(server.port())) {
      RawServer.await(() -> server.opened.get() == 2);
      try (RawClient third = new RawClient(server.port())) {
        assertThat(third.rest()).isEmpty();
      }
      server.awaitRefused(Refused.CONNECTIONS);
      assertThat(second.send("GET /x HTTP/1.1\r\nHost: gw\r\n\r\n").answer()).contains(" 200 ");
      first.hangUp();
      RawServer.await(() -> server.closed.get() == 1);
      try (RawClient next = new RawClient(server.port())) {
        assertThat(next.send("GET /y HTTP/1.1\r\nHost: gw\r\n\r\n").answer()).contains(" 200 ");
      }
    }
  }

  @Test
  void takesFewerConnectionsOfHttp2() throws IOException {
    try (RawServer server = RawServer.withRoom(44 * KIB);
        Http2Peer first = new Http2Peer(server.port()).greet()) {
      assertThat(first.send(Http2Peer.get(1, "/x")).verdict(1)).isEqualTo("200");
      try (Http2Peer second = new Http2Peer(server.port()).greet()) {
        assertThat(second.rest()).isEqualTo("closed");
      }
      server.awaitRefused(Refused.CONNECTIONS);
    }
  }

  @Test
  void refusesStreamsThatThereIsNoRoomFor() throws IOException {
    try (RawServer server = RawServer.withRoom(48 * KIB);
        Http2Peer peer = new Http2Peer(server.port()).greet()) {
      peer.send(Http2Peer.post(1, "/a"), Http2Peer.post(3, "/b"), Http2Peer.post(5, "/c"));
      assertThat(peer.verdict(5)).isEqualTo("RST REFUSED_STREAM");
      assertThat(server.refused).containsExactly(Refused.STREAMS);
      assertThat(server.heads).containsExactly("POST /a", "POST /b");
      assertThat(peer.send(Http2Peer.data(1, true, "body")).verdict(1)).isEqualTo("200");
      RawServer.await(() -> server.streams.get() == 1);
      peer.send(Http2Peer.get(7, "/d"));
      assertThat(peer.verdict(7)).isEqualTo("200");
    }
  }

  @Test
  void countsLongHeadsUntilTheyAreAnswered() throws IOException {
    String head =
        "POST /x HTTP/1.1\r\nHost: gw\r\nContent-Length: 4\r\n" + "X: y\r\n".repeat(60) + "\r\n";
    try (RawServer server = new RawServer(10_000);
        RawClient waits = new RawClient(server.port()).send(head)) {
      RawServer.await(() -> server.budget.used() > 0);
      assertThat(RawClient.exchange(server.port(), head + "body")).startsWith("HTTP/1.1 503 ");
      assertThat(server.refused).containsExactly(Refused.NO_ROOM);
      assertThat(server.heads).containsExactly("POST /x");
      waits.hangUp();
      RawServer.await(() -> server.budget.used() == 0);
    }
  }
}
