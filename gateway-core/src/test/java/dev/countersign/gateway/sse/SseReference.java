// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The standard's own way to read a stream that is there as a whole; slow and plain. */
final class SseReference {
  private static final String MARK = "\u00ef\u00bb\u00bf";

  private SseReference() {}

  /** One line an event, as {@link #show} writes it. */
  static List<String> events(byte[] stream) {
    String text = new String(stream, StandardCharsets.ISO_8859_1);
    if (text.startsWith(MARK)) {
      text = text.substring(MARK.length());
    }
    List<String> lines = new ArrayList<>(Arrays.asList(text.split("\r\n|\n|\r", -1)));
    // What has no line end is not finished.
    lines.removeLast();
    List<String> events = new ArrayList<>();
    String event = null;
    String id = null;
    String retry = null;
    String data = null;
    for (String line : lines) {
      if (line.isEmpty()) {
        if (event != null || id != null || retry != null || data != null) {
          events.add(show(event, id, retry, data));
        }
        event = null;
        id = null;
        retry = null;
        data = null;
        continue;
      }
      int colon = line.indexOf(':');
      String name = colon < 0 ? line : line.substring(0, colon);
      String value = colon < 0 ? "" : line.substring(colon + 1);
      value = value.startsWith(" ") ? value.substring(1) : value;
      switch (name) {
        case "event" -> event = value;
        case "id" -> id = value.indexOf('\0') < 0 ? value : id;
        case "retry" -> retry = value.matches("[0-9]{1,7}") ? value : retry;
        case "data" -> data = data == null ? value : data + "\n" + value;
        default -> {}
      }
    }
    return events;
  }

  /** What the decoder reads of a stream that comes in pieces. */
  static List<String> decoded(byte[] stream, int... cuts) throws SseRefusedException {
    List<String> events = new ArrayList<>();
    SseDecoder.Sink sink =
        new SseDecoder.Sink() {
          @Override
          public void event(SseEvent event) {
            events.add(
                show(
                    bytes(event.event()),
                    bytes(event.id()),
                    event.retry() == null ? null : String.valueOf(event.retry()),
                    event.hasData() ? latin(event.data()) : null));
          }

          @Override
          public void comment() {}
        };
    SseDecoder decoder = new SseDecoder(1 << 20);
    int from = 0;
    for (int cut : cuts) {
      decoder.feed(stream, from, cut - from, sink);
      from = cut;
    }
    decoder.feed(stream, from, stream.length - from, sink);
    return events;
  }

  /** Names and ids are decoded; data stays bytes, which are shown as ISO 8859-1. */
  static String show(
      @Nullable String event, @Nullable String id, @Nullable String retry, @Nullable String data) {
    String pause = retry == null ? null : String.valueOf(Integer.parseInt(retry));
    return decode(event) + "|" + decode(id) + "|" + pause + "|" + data;
  }

  private static @Nullable String decode(@Nullable String latin) {
    return latin == null
        ? null
        : new String(latin.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  private static @Nullable String bytes(@Nullable String text) {
    return text == null ? null : latin(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
