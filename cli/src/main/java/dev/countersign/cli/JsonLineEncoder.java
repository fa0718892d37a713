// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * One flat JSON object a line: {@code ts}, {@code level}, {@code logger}, {@code message}, then the
 * event's own keys, then {@code error} and {@code stack} of what was thrown. Numbers and truth
 * values stay such, everything else is text of a bounded length; what would move a terminal's
 * cursor is escaped. A key whose name is taken gets underscores at its end.
 *
 * <p>Any thread.
 */
public final class JsonLineEncoder extends EncoderBase<ILoggingEvent> {
  private static final int TEXT_CHARS_MAX = 16 << 10;
  private static final JsonFactory JSON = new JsonFactory();
  private static final Set<String> OWN =
      Set.of("ts", "level", "logger", "message", "error", "stack");
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final byte[] NOTHING = {};

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    StringWriter line = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(line)) {
      json.writeStartObject();
      json.writeStringField("ts", STAMP.format(Instant.ofEpochMilli(event.getTimeStamp())));
      json.writeStringField("level", event.getLevel().toString());
      json.writeStringField("logger", event.getLoggerName());
      json.writeStringField("message", bounded(event.getFormattedMessage()));
      writeKeys(event.getKeyValuePairs(), json);
      writeThrown(event.getThrowableProxy(), json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("a string cannot be written to", e);
    }
    return (Printable.line(line.toString()) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static void writeKeys(@Nullable List<KeyValuePair> pairs, JsonGenerator json)
      throws IOException {
    if (pairs == null) {
      return;
    }
    Set<String> taken = new HashSet<>(OWN);
    for (KeyValuePair pair : pairs) {
      String name = bounded(pair.key);
      while (!taken.add(name)) {
        name += "_";
      }
      json.writeFieldName(name);
      writeValue(pair.value, json);
    }
  }

  private static void writeValue(@Nullable Object value, JsonGenerator json) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Integer number -> json.writeNumber(number);
      case Long number -> json.writeNumber(number);
      case Double number -> json.writeNumber(number);
      case Boolean truth -> json.writeBoolean(truth);
      default -> json.writeString(bounded(value.toString()));
    }
  }

  private static void writeThrown(@Nullable IThrowableProxy thrown, JsonGenerator json)
      throws IOException {
    if (thrown != null) {
      String message = thrown.getMessage();
      json.writeStringField(
          "error", bounded(thrown.getClassName() + (message == null ? "" : ": " + message)));
      json.writeStringField("stack", bounded(ThrowableProxyUtil.asString(thrown)));
    }
  }

  private static String bounded(@Nullable String text) {
    if (text == null) {
      return "";
    }
    String cut = text.length() <= TEXT_CHARS_MAX ? text : text.substring(0, TEXT_CHARS_MAX) + "…";
    // Halves of characters, which not every reader of JSON takes, become question marks.
    return new String(cut.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
