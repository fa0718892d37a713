// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import dev.countersign.bench.wire.MessageReader;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A request that is sent again and again, each time under another id. Immutable.
 *
 * <p>Ids have ten digits, so that a request can be written once and only they be changed.
 */
public final class CallKind {
  /** The least id; all have as many digits. */
  static final long FIRST_ID = 1_000_000_000L;

  private static final int ID_DIGITS = 10;
  private static final String ID = Long.toString(FIRST_ID);

  private final String path;
  private final String authority;
  private final Map<String, String> headers;
  private final byte[] body;
  private final byte[] request;
  private final int[] idsInRequest;
  private final int[] idsInBody;
  private final boolean refused;

  private CallKind(
      String authority, String path, Map<String, String> headers, String body, boolean refused) {
    this.path = path;
    this.authority = authority;
    this.headers = headers;
    this.body = MessageReader.bytes(body);
    this.refused = refused;
    StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nhost: " + authority);
    headers.forEach((name, value) -> head.append("\r\n").append(name).append(": ").append(value));
    head.append("\r\ncontent-length: ").append(this.body.length).append("\r\n\r\n");
    this.request = MessageReader.bytes(head + body);
    this.idsInRequest = places(head + body);
    this.idsInBody = places(body);
  }

  private static int[] places(String text) {
    return IntStream.iterate(text.indexOf(ID), at -> at >= 0, at -> text.indexOf(ID, at + 1))
        .toArray();
  }

  /** The same for a server that does not read bodies: the id stands in {@code x-id}, too. */
  public CallKind withIdInHead() {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put("x-id", ID);
    return new CallKind(
        authority, path, more, new String(body, StandardCharsets.ISO_8859_1), refused);
  }

  /**
   * A modern {@code tools/call}.
   *
   * @param token the caller's, or empty for none
   * @param bodyBytes about how long the body is to be, at least 300
   * @param refused whether the answer has to be an error, rather than a result
   */
  public static CallKind modern(
      String authority, String path, String token, String tool, int bodyBytes, boolean refused) {
    Map<String, String> headers = headers(token);
    headers.put("mcp-protocol-version", "2026-07-28");
    headers.put("mcp-method", "tools/call");
    headers.put("mcp-name", tool);
    String meta =
        ",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            + "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"bench\",\"version\":\"1.0\"},"
            + "\"io.modelcontextprotocol/clientCapabilities\":{}}";
    return new CallKind(authority, path, headers, body(tool, meta, bodyBytes), refused);
  }

  /** A {@code tools/call} in a legacy session. */
  public static CallKind legacy(
      String authority, String path, String token, String session, String tool, int bodyBytes) {
    Map<String, String> headers = headers(token);
    headers.put("mcp-protocol-version", "2025-11-25");
    headers.put("mcp-session-id", session);
    return new CallKind(authority, path, headers, body(tool, "", bodyBytes), false);
  }

  private static Map<String, String> headers(String token) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("content-type", "application/json");
    headers.put("accept", "application/json, text/event-stream");
    if (!token.isEmpty()) {
      headers.put("authorization", "Bearer " + token);
    }
    return headers;
  }

  private static String body(String tool, String meta, int bytes) {
    String before =
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + ID
            + ",\"method\":\"tools/call\",\"params\":{\"name\":\""
            + tool
            + "\",\"arguments\":{\"path\":\"notes/shopping-list.txt\",\"depth\":3";
    String after = "}" + meta + "}}";
    return before + members(bytes - before.length() - after.length()) + after;
  }

  /** Arguments of ordinary kinds, about so many bytes. */
  private static String members(int bytes) {
    StringBuilder members = new StringBuilder();
    for (int i = 0; members.length() < bytes; i++) {
      members
          .append(",\"line")
          .append(i)
          .append("\":{\"text\":\"all items that are still open\",\"due\":")
          .append(i * 37)
          .append(",\"done\":false}");
    }
    return members.toString();
  }

  String path() {
    return path;
  }

  String authority() {
    return authority;
  }

  Map<String, String> headers() {
    return headers;
  }

  boolean refused() {
    return refused;
  }

  int requestBytes() {
    return request.length;
  }

  int bodyBytes() {
    return body.length;
  }

  /** Writes head and body. */
  void writeRequest(ByteBuf out, long id) {
    write(out, request, idsInRequest, id);
  }

  /** Writes the body alone. */
  void writeBody(ByteBuf out, long id) {
    write(out, body, idsInBody, id);
  }

  private static void write(ByteBuf out, byte[] bytes, int[] places, long id) {
    int start = out.writerIndex();
    out.writeBytes(bytes);
    for (int place : places) {
      long rest = id;
      for (int i = ID_DIGITS - 1; i >= 0; i--) {
        out.setByte(start + place + i, (int) ('0' + rest % 10));
        rest /= 10;
      }
    }
  }
}
