// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.rounds;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.seal.Binding;
import dev.countersign.gateway.seal.Purpose;
import dev.countersign.gateway.seal.Seal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Seals request states and opens them: for one caller, route, server, method, target and set of
 * parameters, and for {@link #LIFE}. A state binds answers to their question; it does not make them
 * single use.
 */
public final class RequestStates {
  /** How long a client may take to answer. */
  public static final Duration LIFE = Duration.ofMinutes(10);

  private static final int VERSION = 1;
  private static final JsonFactory JSON = new JsonFactory();

  private final Seal seal;
  private final InstantSource clock;

  public RequestStates(Seal seal, InstantSource clock) {
    this.seal = seal;
    this.clock = clock;
  }

  /**
   * Seals a state.
   *
   * @return visible ASCII, or null when the state is too large to be carried
   */
  public @Nullable String seal(RequestState state, Binding binding) {
    byte[] content = write(state, clock.millis() + LIFE.toMillis());
    return content.length > Purpose.REQUEST_STATE.bytesMax()
        ? null
        : seal.seal(Purpose.REQUEST_STATE, content, binding);
  }

  /** The state, or null when it was not sealed here for this binding, or too long ago. */
  public @Nullable RequestState open(String sealed, Binding binding) {
    byte[] content = seal.open(Purpose.REQUEST_STATE, sealed, binding);
    if (content == null) {
      return null;
    }
    try {
      JsonValue root = JsonDocument.parse(content, JsonLimits.DEFAULTS).root();
      boolean good = number(root, "v") == VERSION && number(root, "exp") > clock.millis();
      return good ? read(root) : null;
    } catch (JsonRefusedException e) {
      throw new IllegalStateException("a state of our own is not JSON", e);
    }
  }

  private static byte[] write(RequestState state, long expiresMillis) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeNumberField("v", VERSION);
      json.writeNumberField("exp", expiresMillis);
      json.writeStringField("first", state.first());
      json.writeNumberField("round", state.round());
      if (state.inner() != null) {
        json.writeStringField("inner", state.inner());
      }
      json.writeArrayFieldStart("asked");
      for (RequestState.Asked asked : state.asked()) {
        json.writeStartArray();
        json.writeString(asked.key());
        json.writeString(asked.method());
        if (asked.params() != null) {
          json.writeString(asked.params());
        }
        json.writeEndArray();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("declined");
      for (RequestState.Declined declined : state.declined()) {
        json.writeStartArray();
        json.writeString(declined.key());
        json.writeString(declined.method());
        json.writeEndArray();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static RequestState read(JsonValue root) {
    List<RequestState.Asked> asked = new ArrayList<>();
    for (JsonValue entry : elements(root, "asked")) {
      List<JsonValue> parts = entry.elements();
      asked.add(
          new RequestState.Asked(
              parts.get(0).text(),
              parts.get(1).text(),
              parts.size() > 2 ? parts.get(2).text() : null));
    }
    List<RequestState.Declined> declined = new ArrayList<>();
    for (JsonValue entry : elements(root, "declined")) {
      List<JsonValue> parts = entry.elements();
      declined.add(new RequestState.Declined(parts.get(0).text(), parts.get(1).text()));
    }
    String first = text(root, "first");
    return new RequestState(
        first == null ? "" : first,
        (int) number(root, "round"),
        asked,
        declined,
        text(root, "inner"));
  }

  private static List<JsonValue> elements(JsonValue root, String name) {
    JsonValue value = root.member(name);
    return value == null ? List.of() : value.elements();
  }

  private static @Nullable String text(JsonValue root, String name) {
    JsonValue value = root.member(name);
    return value != null && value.kind() == JsonKind.STRING ? value.text() : null;
  }

  private static long number(JsonValue root, String name) {
    JsonValue value = root.member(name);
    return value == null ? 0 : value.integer().orElse(0);
  }
}
