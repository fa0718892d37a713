// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.error;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The only writer of error bodies: a JSON-RPC 2.0 error object, also at HTTP statuses where MCP
 * leaves the body open, because clients of several languages lose their session on an empty one.
 */
public final class ErrorAnswers {
  private static final JsonFactory JSON = new JsonFactory();

  private ErrorAnswers() {}

  /**
   * The error as JSON-RPC.
   *
   * @param idJson the request's id as JSON text, or null when it is not known; then {@code id} is
   *     null, as JSON-RPC 2.0 section 5 wants
   * @param callId the call's id in records and logs, or null before there is one
   */
  public static byte[] body(
      RefusedException refusal, @Nullable String idJson, @Nullable String callId) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("jsonrpc", "2.0");
      json.writeFieldName("id");
      json.writeRawValue(idJson == null ? "null" : idJson);
      json.writeObjectFieldStart("error");
      json.writeNumberField("code", refusal.told().code());
      json.writeStringField("message", wellFormed(refusal.detail()));
      writeData(json, refusal, callId);
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * The refusal of a tool's call as the result of a tool that failed, which models get to read.
   *
   * @param modern whether results of the era say that they are complete
   */
  public static byte[] toolResult(
      RefusedException refusal, String idJson, String callId, boolean modern) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("jsonrpc", "2.0");
      json.writeFieldName("id");
      json.writeRawValue(idJson);
      json.writeObjectFieldStart("result");
      if (modern) {
        json.writeStringField("resultType", "complete");
      }
      json.writeArrayFieldStart("content");
      json.writeStartObject();
      json.writeStringField("type", "text");
      json.writeStringField(
          "text",
          wellFormed(refusal.detail())
              + " (reason "
              + refusal.told().id()
              + ", call "
              + callId
              + ")");
      json.writeEndObject();
      json.writeEndArray();
      json.writeBooleanField("isError", true);
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void writeData(
      JsonGenerator json, RefusedException refusal, @Nullable String callId) throws IOException {
    json.writeObjectFieldStart("data");
    for (Map.Entry<String, Object> member : refusal.data().entrySet()) {
      if (member.getValue() instanceof List<?> list) {
        json.writeArrayFieldStart(member.getKey());
        for (Object item : list) {
          json.writeString(wellFormed(item.toString()));
        }
        json.writeEndArray();
      } else {
        json.writeStringField(member.getKey(), wellFormed(member.getValue().toString()));
      }
    }
    // A hidden target's answer must not differ from an unknown one's by anything but its own id.
    json.writeStringField("reason", refusal.told().id());
    if (callId != null) {
      json.writeStringField("callId", callId);
    }
    json.writeEndObject();
  }

  /** Half a surrogate pair becomes a question mark: strict readers take no escape for it. */
  private static String wellFormed(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
