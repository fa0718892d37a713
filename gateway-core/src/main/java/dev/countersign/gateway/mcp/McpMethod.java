// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.policy.TargetKind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The methods that clients may use, each with what it is about. What is not in this table is
 * refused, in every era.
 */
@SuppressWarnings("ImmutableEnumChecker") // records of strings and enums
public enum McpMethod {
  INITIALIZE("initialize", Eras.LEGACY, TargetKind.SERVER, null, null),
  DISCOVER("server/discover", Eras.MODERN, TargetKind.SERVER, null, null),
  PING("ping", Eras.LEGACY, TargetKind.SERVER, null, null),
  TOOLS_LIST(
      "tools/list",
      Eras.BOTH,
      TargetKind.SERVER,
      null,
      new Listing("tools", "name", TargetKind.TOOL)),
  TOOLS_CALL("tools/call", Eras.BOTH, TargetKind.TOOL, "name", null),
  PROMPTS_LIST(
      "prompts/list",
      Eras.BOTH,
      TargetKind.SERVER,
      null,
      new Listing("prompts", "name", TargetKind.PROMPT)),
  PROMPTS_GET("prompts/get", Eras.BOTH, TargetKind.PROMPT, "name", null),
  RESOURCES_LIST(
      "resources/list",
      Eras.BOTH,
      TargetKind.SERVER,
      null,
      new Listing("resources", "uri", TargetKind.RESOURCE)),
  TEMPLATES_LIST(
      "resources/templates/list",
      Eras.BOTH,
      TargetKind.SERVER,
      null,
      new Listing("resourceTemplates", "uriTemplate", TargetKind.RESOURCE_TEMPLATE)),
  RESOURCES_READ("resources/read", Eras.BOTH, TargetKind.RESOURCE, "uri", null),
  SUBSCRIBE("resources/subscribe", Eras.LEGACY, TargetKind.RESOURCE, "uri", null),
  UNSUBSCRIBE("resources/unsubscribe", Eras.LEGACY, TargetKind.RESOURCE, "uri", null),
  SET_LEVEL("logging/setLevel", Eras.LEGACY, TargetKind.SERVER, null, null),
  /** About what its {@code ref} names, so its kind here is never used. */
  COMPLETE("completion/complete", Eras.BOTH, TargetKind.PROMPT, null, null),
  /** The modern stream of changes. */
  LISTEN("subscriptions/listen", Eras.MODERN, TargetKind.SERVER, null, null),
  TASKS_GET("tasks/get", Eras.BOTH, TargetKind.TASK, "taskId", null),
  TASKS_UPDATE("tasks/update", Eras.MODERN, TargetKind.TASK, "taskId", null),
  TASKS_RESULT("tasks/result", Eras.LEGACY, TargetKind.TASK, "taskId", null),
  TASKS_CANCEL("tasks/cancel", Eras.BOTH, TargetKind.TASK, "taskId", null),
  TASKS_LIST("tasks/list", Eras.LEGACY, TargetKind.SERVER, null, null),
  INITIALIZED("notifications/initialized", Eras.LEGACY, TargetKind.SERVER, null, null),
  CANCELLED("notifications/cancelled", Eras.LEGACY, TargetKind.SERVER, null, null),
  ROOTS_CHANGED("notifications/roots/list_changed", Eras.LEGACY, TargetKind.ROOTS, null, null),
  PROGRESS("notifications/progress", Eras.LEGACY, TargetKind.SERVER, null, null),
  /** A question of a server, and its answer: a model's text. */
  SAMPLING("sampling/createMessage", Eras.NONE, TargetKind.SAMPLING, null, null),
  /** A question of a server, and its answer: a form or a page for the user. */
  ELICITATION("elicitation/create", Eras.NONE, TargetKind.ELICITATION, null, null),
  /** A question of a server, and its answer: the client's folders. */
  ROOTS("roots/list", Eras.NONE, TargetKind.ROOTS, null, null),
  /** A response that is not known yet to answer anything. */
  RESPONSE("response", Eras.NONE, TargetKind.SERVER, null, null),
  /** The legacy stream of a session, opened by HTTP GET. */
  STREAM("http/get", Eras.NONE, TargetKind.SERVER, null, null),
  /** The end of a legacy session, asked for by HTTP DELETE. */
  END("http/delete", Eras.NONE, TargetKind.SERVER, null, null);

  /** In which eras a method may come as a JSON-RPC message. */
  private enum Eras {
    MODERN,
    LEGACY,
    BOTH,
    NONE
  }

  /**
   * What a list answers.
   *
   * @param member the result's member that holds the entries
   * @param key the entry's member that names it
   * @param kind what the entries are
   */
  public record Listing(String member, String key, TargetKind kind) {}

  private static final Map<String, McpMethod> BY_WIRE = new HashMap<>();

  static {
    for (McpMethod method : values()) {
      if (method.eras != Eras.NONE) {
        BY_WIRE.put(method.wire, method);
      }
    }
  }

  private final String wire;
  private final Eras eras;
  private final TargetKind kind;
  private final @Nullable String nameParam;
  private final @Nullable Listing listing;

  McpMethod(
      String wire,
      Eras eras,
      TargetKind kind,
      @Nullable String nameParam,
      @Nullable Listing listing) {
    this.wire = wire;
    this.eras = eras;
    this.kind = kind;
    this.nameParam = nameParam;
    this.listing = listing;
  }

  /** The method of this name in this era, or null when it is not served. */
  public static @Nullable McpMethod of(String wire, Era era) {
    McpMethod method = BY_WIRE.get(wire);
    if (method == null) {
      return null;
    }
    boolean served =
        switch (method.eras) {
          case BOTH -> true;
          case MODERN -> era == Era.MODERN;
          case LEGACY -> era == Era.LEGACY;
          case NONE -> false;
        };
    return served ? method : null;
  }

  /** The method of this name that servers ask clients with, or null. */
  public static @Nullable McpMethod ofServer(String wire) {
    for (McpMethod method : List.of(SAMPLING, ELICITATION, ROOTS)) {
      if (method.wire.equals(wire)) {
        return method;
      }
    }
    return null;
  }

  /** Whether it is said without waiting for an answer. */
  public boolean isNotification() {
    return wire.startsWith("notifications/");
  }

  /** The method's name in messages, records and policy. */
  public String wire() {
    return wire;
  }

  /** What it is about. */
  public TargetKind kind() {
    return kind;
  }

  /** The member of {@code params} that names its target, mirrored by {@code Mcp-Name}; or null. */
  public @Nullable String nameParam() {
    return nameParam;
  }

  /** What it lists, or null. */
  public @Nullable Listing listing() {
    return listing;
  }
}
