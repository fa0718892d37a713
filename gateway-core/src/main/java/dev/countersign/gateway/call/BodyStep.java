// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.CallEndException;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.BodyRefusedException;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.snapshot.MessageRules.Eras;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The HTTP method, the media types both ways, and the body itself. */
final class BodyStep {
  private static final List<String> POST_ACCEPTED =
      List.of("application/json", "text/event-stream");

  /** What the SDKs send, understood without being taken apart. */
  private static final String USUAL_ACCEPT = "application/json, text/event-stream";

  /** Reads the body of a request whose head is acceptable. */
  CompletableFuture<byte[]> read(Call call) {
    RequestHead head = call.exchange().head();
    switch (head.method()) {
      case "POST" -> checkPost(head);
      case "GET" -> {
        requireLegacy(call, head);
        requireAccept(head, List.of("text/event-stream"));
      }
      case "DELETE" -> requireLegacy(call, head);
      default -> throw RefusedException.of(Reason.METHOD_NOT_ALLOWED);
    }
    if (call.isBridged()) {
      // Made here, of what was within its bounds.
      return body(call, Integer.MAX_VALUE);
    }
    return body(call, head.method().equals("POST") ? call.limits().bodyBytesMax() : 0);
  }

  /** Reads a message that is not answered where it is posted, so that nothing need be accepted. */
  CompletableFuture<byte[]> readPosted(Call call) {
    RequestHead head = call.exchange().head();
    if (!head.method().equals("POST")) {
      throw RefusedException.of(Reason.METHOD_NOT_ALLOWED);
    }
    requireJson(head);
    return body(call, call.limits().bodyBytesMax());
  }

  private static CompletableFuture<byte[]> body(Call call, int bytesMax) {
    return call.exchange()
        .body(bytesMax)
        .exceptionally(
            failure -> {
              throw refusal(failure);
            });
  }

  private static void checkPost(RequestHead head) {
    requireAccept(head, POST_ACCEPTED);
    requireJson(head);
  }

  private static void requireJson(RequestHead head) {
    String coding = head.header("content-encoding");
    if (!isJson(head.header("content-type"))
        || (coding != null && !coding.equalsIgnoreCase("identity"))) {
      throw RefusedException.of(Reason.MEDIA_TYPE);
    }
  }

  /** The modern era knows POST alone. */
  private static void requireLegacy(Call call, RequestHead head) {
    if ((call.hasRoute() && call.route().server().messages().eras() == Eras.MODERN)
        || Era.MODERN_VERSION.equals(head.header("mcp-protocol-version"))) {
      throw RefusedException.of(Reason.METHOD_NOT_ALLOWED);
    }
  }

  private static void requireAccept(RequestHead head, List<String> types) {
    if (types.equals(POST_ACCEPTED) && USUAL_ACCEPT.equals(head.header("accept"))) {
      return;
    }
    String accepted = String.join(",", head.headers("accept")).toLowerCase(Locale.ROOT);
    for (String type : types) {
      if (!accepts(accepted, type)) {
        throw RefusedException.of(Reason.NOT_ACCEPTABLE);
      }
    }
  }

  private static boolean accepts(String accepted, String type) {
    for (String range : accepted.split(",", 64)) {
      String[] parts = range.split(";", 16);
      String name = parts[0].strip();
      boolean refused = false;
      for (int i = 1; i < parts.length; i++) {
        refused |= parts[i].strip().matches("q=0(\\.0*)?");
      }
      if (!refused && (name.equals(type) || name.equals("*/*"))) {
        return true;
      }
    }
    return false;
  }

  /** {@code application/json}, perhaps with {@code charset=utf-8}, and nothing else. */
  static boolean isJson(@Nullable String contentType) {
    return isType(contentType, "application/json");
  }

  /** The media type, perhaps with {@code charset=utf-8}, and nothing else. */
  static boolean isType(@Nullable String contentType, String type) {
    if (contentType == null) {
      return false;
    }
    if (contentType.equals(type)) {
      return true;
    }
    String[] parts = contentType.toLowerCase(Locale.ROOT).split(";", 4);
    if (!parts[0].strip().equals(type)) {
      return false;
    }
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (!parameter.isEmpty()
          && !parameter.equals("charset=utf-8")
          && !parameter.equals("charset=\"utf-8\"")) {
        return false;
      }
    }
    return true;
  }

  private static RefusedException refusal(Throwable failure) {
    Throwable cause = CallEndException.causeOf(failure);
    if (cause instanceof BodyRefusedException refused) {
      return switch (refused.why()) {
        case TOO_LARGE -> RefusedException.of(Reason.BODY_TOO_LARGE);
        case TIMEOUT -> RefusedException.of(Reason.BODY_TIMEOUT);
        case FRAMING -> RefusedException.of(Reason.BODY_FRAMING);
        case NO_ROOM -> RefusedException.of(Reason.OVERLOADED);
        case CLOSED -> RefusedException.of(Reason.CLIENT_LEFT);
      };
    }
    throw new IllegalStateException("reading a body failed", cause);
  }
}
