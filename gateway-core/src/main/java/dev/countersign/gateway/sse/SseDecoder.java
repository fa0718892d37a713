// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads an event stream as it arrives, cut anywhere. Lines end with CRLF, LF or CR; an event that
 * is not finished when the stream ends is lost, as the standard says.
 */
public final class SseDecoder {
  private static final int OTHER_LINE_BYTES_MAX = 8 << 10;

  /** A buffer that grew over this is let go of when it is empty: streams stay open for hours. */
  private static final int KEPT_BYTES_MAX = 1 << 10;

  private final int eventBytesMax;
  private ByteArrayOutputStream line = empty();
  private ByteArrayOutputStream data = empty();
  private @Nullable String event;
  private @Nullable String id;
  private @Nullable Integer retry;
  private boolean hasData;
  private boolean afterReturn;
  private boolean firstLine = true;

  /** Takes what is read. */
  public interface Sink {
    /** An event is whole. */
    void event(SseEvent event);

    /** A comment line came. */
    void comment();
  }

  /**
   * @param eventBytesMax bound on one event's data and on one line
   */
  public SseDecoder(int eventBytesMax) {
    this.eventBytesMax = eventBytesMax;
  }

  /** Bytes that are kept of an event that is not whole. */
  public int buffered() {
    return line.size() + data.size();
  }

  /**
   * Reads a piece.
   *
   * @throws SseRefusedException when an event or a line is over the limit
   */
  public void feed(byte[] piece, int from, int length, Sink sink) throws SseRefusedException {
    int end = from + length;
    int start = from;
    for (int at = from; at < end; at++) {
      byte b = piece[at];
      if (b == '\n' && afterReturn) {
        afterReturn = false;
        start = at + 1;
        continue;
      }
      afterReturn = false;
      if (b == '\n' || b == '\r') {
        append(piece, start, at);
        endLine(sink);
        afterReturn = b == '\r';
        start = at + 1;
      }
    }
    append(piece, start, end);
  }

  /** Most streams are silent, and there are many. */
  private static ByteArrayOutputStream empty() {
    return new ByteArrayOutputStream(0);
  }

  private static ByteArrayOutputStream emptied(ByteArrayOutputStream buffer) {
    if (buffer.size() > KEPT_BYTES_MAX) {
      return empty();
    }
    buffer.reset();
    return buffer;
  }

  private void append(byte[] piece, int from, int to) throws SseRefusedException {
    if (line.size() + (long) (to - from) > eventBytesMax + (long) OTHER_LINE_BYTES_MAX) {
      throw new SseRefusedException("a line is over the limit");
    }
    line.write(piece, from, to - from);
  }

  private void endLine(Sink sink) throws SseRefusedException {
    byte[] bytes = line.toByteArray();
    line = emptied(line);
    if (firstLine) {
      firstLine = false;
      if (bytes.length >= 3
          && bytes[0] == (byte) 0xef
          && bytes[1] == (byte) 0xbb
          && bytes[2] == (byte) 0xbf) {
        bytes = Arrays.copyOfRange(bytes, 3, bytes.length);
      }
    }
    if (bytes.length == 0) {
      dispatch(sink);
    } else if (bytes[0] == ':') {
      sink.comment();
    } else {
      field(bytes);
    }
  }

  private void field(byte[] bytes) throws SseRefusedException {
    int colon = 0;
    while (colon < bytes.length && bytes[colon] != ':') {
      colon++;
    }
    int from = Math.min(bytes.length, colon + 1);
    if (from < bytes.length && bytes[from] == ' ') {
      from++;
    }
    String name = new String(bytes, 0, colon, StandardCharsets.UTF_8);
    switch (name) {
      case "data" -> addData(bytes, from);
      case "event" -> event = text(bytes, from);
      case "id" -> {
        String value = text(bytes, from);
        if (value.indexOf('\0') < 0) {
          id = value;
        }
      }
      case "retry" -> {
        String value = text(bytes, from);
        if (value.matches("[0-9]{1,7}")) {
          retry = Integer.valueOf(value);
        }
      }
      default -> {
        // The standard ignores unknown fields.
      }
    }
  }

  private void addData(byte[] bytes, int from) throws SseRefusedException {
    int lineEnd = hasData ? 1 : 0;
    if (data.size() + (long) lineEnd + (bytes.length - from) > eventBytesMax) {
      throw new SseRefusedException("an event is over the limit");
    }
    if (hasData) {
      data.write('\n');
    }
    hasData = true;
    data.write(bytes, from, bytes.length - from);
  }

  private static String text(byte[] bytes, int from) throws SseRefusedException {
    if (bytes.length - from > OTHER_LINE_BYTES_MAX) {
      throw new SseRefusedException("a field is over the limit");
    }
    return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
  }

  private void dispatch(Sink sink) {
    if (hasData || id != null || event != null || retry != null) {
      SseEvent whole = new SseEvent(event, id, retry, data.toByteArray(), hasData);
      data = emptied(data);
      hasData = false;
      event = null;
      id = null;
      retry = null;
      sink.event(whole);
    }
  }
}
