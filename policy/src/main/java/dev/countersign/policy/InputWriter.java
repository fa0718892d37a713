// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the policy input. {@link #full} is the public contract; {@link #lean} the part of it that
 * the shipped policy reads, because an engine's time grows with every byte.
 */
public final class InputWriter {
  private static final int VERSION = 1;
  private static final JsonFactory JSON = new JsonFactory();

  private InputWriter() {}

  /** Caller id, server name, target kind, name and effect. */
  public static byte[] lean(AccessRequest request) {
    return write(
        json -> {
          json.writeObjectFieldStart("caller");
          json.writeStringField("id", request.caller().id());
          json.writeEndObject();
          json.writeObjectFieldStart("server");
          json.writeStringField("name", request.server().name());
          json.writeEndObject();
          json.writeObjectFieldStart("target");
          text(json, "kind", lower(request.target().kind()));
          json.writeStringField("name", request.target().name());
          text(json, "effect", lower(request.target().effect()));
          json.writeEndObject();
        });
  }

  /** Everything that is known. */
  public static byte[] full(AccessRequest request) {
    return write(
        json -> {
          json.writeNumberField("v", VERSION);
          call(json, request.call());
          caller(json, request.caller());
          session(json, request.session());
          AccessRequest.Task task = request.task();
          if (task != null) {
            json.writeObjectFieldStart("task");
            text(json, "id", task.id());
            text(json, "purpose", task.purpose());
            json.writeStringField("assurance", task.assurance());
            json.writeEndObject();
          }
          json.writeObjectFieldStart("server");
          json.writeStringField("name", request.server().name());
          json.writeStringField("uri", request.server().uri());
          text(json, "environment", request.server().environment());
          json.writeEndObject();
          target(json, request.target());
          byte[] arguments = request.arguments();
          if (arguments != null) {
            json.writeFieldName("arguments");
            json.writeRawValue(new String(arguments, StandardCharsets.UTF_8));
          }
          context(json, request.context());
        });
  }

  private static void call(JsonGenerator json, AccessRequest.Call call) throws IOException {
    json.writeObjectFieldStart("call");
    json.writeStringField("id", call.id());
    json.writeStringField("method", call.method());
    json.writeStringField("era", call.era());
    text(json, "trigger", lower(call.trigger()));
    json.writeNumberField("round", call.round());
    text(json, "parent", call.parent());
    json.writeEndObject();
  }

  private static void caller(JsonGenerator json, AccessRequest.Caller caller) throws IOException {
    json.writeObjectFieldStart("caller");
    json.writeStringField("id", caller.id());
    json.writeStringField("kind", caller.kind());
    json.writeStringField("issuer", caller.issuer());
    json.writeStringField("subject", caller.subject());
    text(json, "client", caller.client());
    text(json, "trust_domain", caller.trustDomain());
    json.writeStringField("proof", caller.proof());
    texts(json, "scopes", caller.scopes());
    text(json, "user", caller.user());
    texts(json, "actors", caller.actors());
    json.writeEndObject();
  }

  private static void session(JsonGenerator json, AccessRequest.Session session)
      throws IOException {
    json.writeObjectFieldStart("session");
    text(json, "id", session.id());
    if (session.ageSeconds() >= 0) {
      json.writeNumberField("age_s", session.ageSeconds());
    }
    if (session.calls() >= 0) {
      json.writeNumberField("calls", session.calls());
    }
    json.writeEndObject();
  }

  private static void target(JsonGenerator json, AccessRequest.Target target) throws IOException {
    json.writeObjectFieldStart("target");
    text(json, "kind", lower(target.kind()));
    json.writeStringField("name", target.name());
    json.writeBooleanField("pinned", target.pinned());
    text(json, "digest", target.digest());
    text(json, "effect", lower(target.effect()));
    json.writeObjectFieldStart("labels");
    for (Map.Entry<String, String> label : target.labels().entrySet()) {
      json.writeStringField(label.getKey(), label.getValue());
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void context(JsonGenerator json, AccessRequest.Context context)
      throws IOException {
    json.writeObjectFieldStart("context");
    json.writeStringField("time", context.time().toString());
    text(json, "source", context.source());
    json.writeStringField("node", context.node());
    json.writeStringField("revision", context.revision());
    json.writeEndObject();
  }

  private static void text(JsonGenerator json, String name, @Nullable String value)
      throws IOException {
    if (value != null) {
      json.writeStringField(name, value);
    }
  }

  private static void texts(JsonGenerator json, String name, List<String> values)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  private static @Nullable String lower(@Nullable Enum<?> value) {
    return value == null ? null : value.name().toLowerCase(Locale.ROOT);
  }

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private static byte[] write(Body body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
