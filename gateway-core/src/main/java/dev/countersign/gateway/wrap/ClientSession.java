// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.wrap;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Header;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The legacy session of the client, which knows of none: a pipe is one. When the server's side of
 * it is gone, it is opened once more with the client's own words, and what found that out is sent
 * again, as nothing of it had reached the server. Confined to the loop.
 */
final class ClientSession {
  private static final byte[] NOTHING = {};
  private static final byte[] INITIALIZED =
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"
          .getBytes(StandardCharsets.UTF_8);

  private final StdioClient client;
  private final List<ClientLine> toSendAgain = new ArrayList<>();
  private byte @Nullable [] opening;
  private @Nullable String id;

  ClientSession(StdioClient client) {
    this.client = client;
  }

  /** What it is called, or null when there is none. */
  @Nullable String id() {
    return id;
  }

  /** Nothing waits to be sent again. */
  boolean settled() {
    return toSendAgain.isEmpty();
  }

  /** The client opens it. */
  void opening(byte[] initialize) {
    opening = initialize;
  }

  /** The answer to that, or to the same said once more. */
  void opened(Answer answer) {
    id =
        answer.headers().stream()
            .filter(header -> header.name().equalsIgnoreCase("mcp-session-id"))
            .map(Header::value)
            .findFirst()
            .orElse(null);
  }

  /** Whether an answer says that the session it was asked in is gone, and that can be mended. */
  boolean isLost(ClientLine line, Answer answer) {
    return answer.status() == 404 && line.session != null && !line.again && opening != null;
  }

  /** Opens it once more, unless another line has seen to that, and sends the line again. */
  void lost(ClientLine line) {
    toSendAgain.add(line);
    if (line.session != null && line.session.equals(id) && opening != null) {
      id = null;
      client.sendAlone(client.line(ClientLine.Kind.REOPENING, opening, null, null));
    } else if (id != null) {
      sendAgain();
    }
  }

  /** It was opened once more, or was not. */
  void reopened(Answer answer) {
    opened(answer);
    if (id == null) {
      sendAgain();
    } else {
      client.sendAlone(client.line(ClientLine.Kind.REOPENED, INITIALIZED, null, id));
    }
  }

  /** Sends what waits for the session to be open again. */
  void sendAgain() {
    List<ClientLine> all = List.copyOf(toSendAgain);
    toSendAgain.clear();
    for (ClientLine one : all) {
      if (id != null) {
        client.send(client.again(one, id), "POST", List.of());
      } else {
        client.fail(one, "the server has ended, and could not be started again");
      }
    }
  }

  /** The stream of what belongs to no request, or null when there is no session. */
  @Nullable ClientLine stream() {
    return id == null ? null : client.line(ClientLine.Kind.STREAM, NOTHING, null, id);
  }

  /** The session's end, or null when there is none. */
  @Nullable ClientLine ending() {
    return id == null ? null : client.line(ClientLine.Kind.ENDING, NOTHING, null, id);
  }
}
