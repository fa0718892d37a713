// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.ResourceUri;
import dev.countersign.gateway.mcp.SubscriptionFilter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one {@code subscriptions/listen} may hear: the entries of its filter that policy granted,
 * under its own id, and nothing before the server has acknowledged it. Confined to the call's event
 * loop.
 */
final class Listening {
  private static final String SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";
  private static final String TOOLS = "notifications/tools/list_changed";
  private static final String PROMPTS = "notifications/prompts/list_changed";
  private static final String RESOURCES = "notifications/resources/list_changed";

  private final RpcId id;
  private final SubscriptionFilter granted;
  private boolean acknowledged;

  /**
   * @param id of the request
   * @param granted what is left of the filter
   */
  Listening(RpcId id, SubscriptionFilter granted) {
    this.id = id;
    this.granted = granted;
  }

  /** What is left of the filter, as JSON. */
  String filter() {
    return granted.json();
  }

  /**
   * Judges one notification of the server.
   *
   * @throws dev.countersign.gateway.error.RefusedException when the stream begins with anything but
   *     the acknowledgement of this subscription
   */
  ReplyMessages.Judged judge(RpcMessage.Notification notification, byte[] bytes) {
    JsonValue params = notification.params();
    if (!acknowledged) {
      if (!notification.method().equals("notifications/subscriptions/acknowledged")
          || !isOurs(params)) {
        throw ResultStep.badReply("a subscription that was not acknowledged first");
      }
      return acknowledge(params);
    }
    boolean passes =
        isOurs(params)
            && switch (notification.method()) {
              case TOOLS -> granted.tools();
              case PROMPTS -> granted.prompts();
              case RESOURCES -> granted.resources();
              default -> false;
            };
    if (passes) {
      return new ReplyMessages.Judged.Pass(bytes);
    }
    if (!isOurs(params)) {
      return new ReplyMessages.Judged.Drop();
    }
    return switch (notification.method()) {
      case "notifications/resources/updated" -> resource(text(params, "uri"), bytes);
      case "notifications/tasks" -> task(params, bytes);
      default -> new ReplyMessages.Judged.Drop();
    };
  }

  private ReplyMessages.Judged resource(String uri, byte[] bytes) {
    return !granted.uris().isEmpty() && ResourceUri.isNormal(uri)
        ? new ReplyMessages.Judged.Updated(bytes, uri)
        : new ReplyMessages.Judged.Drop();
  }

  /** What a task asks is decided when its owner asks after it. */
  private ReplyMessages.Judged task(@Nullable JsonValue params, byte[] bytes) {
    String id = text(params, "taskId");
    boolean asks = params != null && params.member("inputRequests") != null;
    return granted.tasks().contains(id) && !asks
        ? new ReplyMessages.Judged.TaskNews(bytes, id)
        : new ReplyMessages.Judged.Drop();
  }

  /** The server may serve less than it was asked for; more it was never asked for. */
  private ReplyMessages.Judged acknowledge(@Nullable JsonValue params) {
    acknowledged = true;
    JsonValue filter = params == null ? null : params.member("notifications");
    SubscriptionFilter served =
        filter == null ? SubscriptionFilter.NONE : granted.and(read(filter));
    return new ReplyMessages.Judged.Pass(acknowledgement(id, served));
  }

  private static SubscriptionFilter read(JsonValue filter) {
    try {
      return SubscriptionFilter.of(filter);
    } catch (RefusedException malformed) {
      throw ResultStep.badReply("an acknowledgement that is malformed");
    }
  }

  /** What the client is told when the settings, and so perhaps what it may see, have changed. */
  List<byte[]> changes() {
    List<byte[]> changes = new ArrayList<>(3);
    if (acknowledged && granted.tools()) {
      changes.add(notification(id, TOOLS, ""));
    }
    if (acknowledged && granted.prompts()) {
      changes.add(notification(id, PROMPTS, ""));
    }
    if (acknowledged && granted.resources()) {
      changes.add(notification(id, RESOURCES, ""));
    }
    return changes;
  }

  /** The end of the subscription, if it has begun. */
  Optional<byte[]> end() {
    return acknowledged
        ? Optional.of(
            ("{\"jsonrpc\":\"2.0\",\"id\":"
                    + id.json()
                    + ",\"result\":{\"resultType\":\"complete\",\"_meta\":{\""
                    + SUBSCRIPTION_ID
                    + "\":"
                    + id.json()
                    + "}}}")
                .getBytes(StandardCharsets.UTF_8))
        : Optional.empty();
  }

  /** What a subscription begins with. */
  static byte[] acknowledgement(RpcId id, SubscriptionFilter served) {
    return notification(
        id, "notifications/subscriptions/acknowledged", ",\"notifications\":" + served.json());
  }

  private static byte[] notification(RpcId id, String method, String moreParams) {
    return ("{\"jsonrpc\":\"2.0\",\"method\":\""
            + method
            + "\",\"params\":{\"_meta\":{\""
            + SUBSCRIPTION_ID
            + "\":"
            + id.json()
            + "}"
            + moreParams
            + "}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Whether a message, or a result, is of this subscription: the same id, of the same type. */
  boolean isOurs(@Nullable JsonValue paramsOrResult) {
    JsonValue meta = paramsOrResult == null ? null : paramsOrResult.member("_meta");
    JsonValue named = meta == null ? null : meta.member(SUBSCRIPTION_ID);
    if (named == null) {
      return false;
    }
    return switch (id) {
      case RpcId.Text text -> named.kind() == JsonKind.STRING && named.text().equals(text.value());
      case RpcId.Number number -> named.integer().equals(OptionalLong.of(number.value()));
    };
  }

  private static String text(@Nullable JsonValue params, String name) {
    JsonValue value = params == null ? null : params.member(name);
    return value != null && value.kind() == JsonKind.STRING ? value.text() : "";
  }
}
