// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import dev.countersign.gateway.json.JsonValue;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON-RPC 2.0 message. Stricter than the specification where laxness would let two
 * readers see two messages: arrays are refused in every era, a request without an id and a
 * notification with one are refused, and so is a message that is both a question and an answer.
 */
public final class RpcReader {
  private static final int METHOD_CHARS_MAX = 128;
  private static final int ID_CHARS_MAX = 256;
  private static final String NOTIFICATIONS = "notifications/";

  private RpcReader() {}

  /**
   * Reads what a client sent.
   *
   * @throws RpcRefusedException when it is not one strict message
   */
  public static RpcMessage read(byte[] body, JsonLimits limits) throws RpcRefusedException {
    JsonValue envelope = envelope(body, limits);
    return message(envelope, KeyFolding.fault(envelope));
  }

  /**
   * Reads what a server sent: as strictly, but for keys of its results that nobody judges.
   *
   * @throws RpcRefusedException when it is not one strict message
   */
  public static RpcMessage readReply(byte[] body, JsonLimits limits) throws RpcRefusedException {
    JsonValue envelope = envelope(body, limits);
    boolean answer = envelope.member("method") == null;
    return message(
        envelope, answer ? KeyFolding.answerFault(envelope) : KeyFolding.fault(envelope));
  }

  /**
   * The id of a request that nobody will judge any more, for the answer that refuses it; null when
   * there is none that could be used.
   */
  public static @Nullable RpcId requestIdOf(byte[] body, JsonLimits limits) {
    try {
      JsonValue envelope = envelope(body, limits);
      // An answer carries the id of somebody else's question.
      return envelope.member("method") == null ? null : safeId(envelope);
    } catch (RpcRefusedException e) {
      return null;
    }
  }

  private static JsonValue envelope(byte[] body, JsonLimits limits) throws RpcRefusedException {
    JsonValue root;
    try {
      root = JsonDocument.parse(body, limits).root();
    } catch (JsonRefusedException e) {
      throw new RpcRefusedException(
          RpcRefusedException.PARSE_ERROR, e.fault().name().toLowerCase(Locale.ROOT), null);
    }
    if (root.kind() == JsonKind.ARRAY) {
      throw invalid("batch", null);
    }
    if (root.kind() != JsonKind.OBJECT) {
      throw invalid("not_an_object", null);
    }
    return root;
  }

  private static RpcMessage message(JsonValue envelope, @Nullable String keyFault)
      throws RpcRefusedException {
    RpcId id = safeId(envelope);
    if (keyFault != null) {
      throw invalid(keyFault, id);
    }
    JsonValue version = envelope.member("jsonrpc");
    if (version == null || version.kind() != JsonKind.STRING || !version.text().equals("2.0")) {
      throw invalid("not_jsonrpc_2", id);
    }
    JsonValue method = envelope.member("method");
    JsonValue result = envelope.member("result");
    JsonValue error = envelope.member("error");
    if (method != null && (result != null || error != null)) {
      throw invalid("question_and_answer", id);
    }
    if (method != null) {
      return question(envelope, method, id);
    }
    if (envelope.member("params") != null || (result == null) == (error == null)) {
      throw invalid("neither_question_nor_answer", id);
    }
    return result != null
        ? new RpcMessage.Result(requiredId(envelope, id), result, envelope.document())
        : failure(envelope, error, id);
  }

  private static RpcMessage question(JsonValue envelope, JsonValue method, @Nullable RpcId id)
      throws RpcRefusedException {
    if (method.kind() != JsonKind.STRING) {
      throw invalid("method_not_a_string", id);
    }
    String name = method.text();
    if (name.isEmpty() || name.length() > METHOD_CHARS_MAX || !isVisibleAscii(name)) {
      throw invalid("bad_method_name", id);
    }
    JsonValue params = envelope.member("params");
    if (params != null && params.kind() != JsonKind.OBJECT) {
      throw invalid("params_not_an_object", id);
    }
    if (name.startsWith(NOTIFICATIONS)) {
      if (envelope.member("id") != null) {
        throw invalid("notification_with_id", id);
      }
      return new RpcMessage.Notification(name, params, envelope.document());
    }
    return new RpcMessage.Request(requiredId(envelope, id), name, params, envelope.document());
  }

  private static boolean isVisibleAscii(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) <= 0x20 || name.charAt(i) >= 0x7f) {
        return false;
      }
    }
    return true;
  }

  private static RpcMessage failure(
      JsonValue envelope, @Nullable JsonValue error, @Nullable RpcId id)
      throws RpcRefusedException {
    JsonValue code = error == null ? null : error.member("code");
    JsonValue text = error == null ? null : error.member("message");
    OptionalLong number = code == null ? OptionalLong.empty() : code.integer();
    if (number.isEmpty()
        || number.getAsLong() != (int) number.getAsLong()
        || text == null
        || text.kind() != JsonKind.STRING) {
      throw invalid("bad_error_object", id);
    }
    JsonValue sentId = envelope.member("id");
    if (sentId != null && sentId.kind() != JsonKind.NULL && id == null) {
      throw invalid("bad_id", null);
    }
    return new RpcMessage.Failure(id, (int) number.getAsLong(), text.text(), envelope.document());
  }

  private static RpcId requiredId(JsonValue envelope, @Nullable RpcId id)
      throws RpcRefusedException {
    if (id == null) {
      throw invalid(envelope.member("id") == null ? "id_missing" : "bad_id", null);
    }
    return id;
  }

  private static @Nullable RpcId safeId(JsonValue envelope) {
    JsonValue id = envelope.member("id");
    if (id == null) {
      return null;
    }
    return switch (id.kind()) {
      case STRING -> {
        String text = id.text();
        yield text.length() <= ID_CHARS_MAX && text.codePoints().noneMatch(Character::isISOControl)
            ? new RpcId.Text(text)
            : null;
      }
      case NUMBER -> id.integer().isPresent() ? new RpcId.Number(id.integer().getAsLong()) : null;
      case OBJECT, ARRAY, TRUE, FALSE, NULL -> null;
    };
  }

  private static RpcRefusedException invalid(String reason, @Nullable RpcId id) {
    return new RpcRefusedException(RpcRefusedException.INVALID_REQUEST, reason, id);
  }
}
