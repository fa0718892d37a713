// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.policy.TargetKind;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code subscriptions/listen} wants to hear of (MCP 2026-07-28, "Subscriptions").
 *
 * @param tools changes of the list of tools
 * @param prompts changes of the list of prompts
 * @param resources changes of the list of resources
 * @param uris changes of these resources
 * @param tasks what becomes of these tasks
 */
public record SubscriptionFilter(
    boolean tools, boolean prompts, boolean resources, Set<String> uris, Set<String> tasks) {
  /** URIs, or task ids, of one filter. */
  public static final int ENTRIES_MAX = 256;

  /** Nothing to listen to. */
  public static final SubscriptionFilter NONE =
      new SubscriptionFilter(false, false, false, Set.of(), Set.of());

  private static final int TEXT_CHARS_MAX = 2048;

  public SubscriptionFilter {
    uris = new LinkedHashSet<>(uris);
    tasks = new LinkedHashSet<>(tasks);
  }

  /**
   * Reads a filter; members it does not know are nothing to listen to.
   *
   * @throws RefusedException with {@link Reason#PARAMS_INVALID}
   */
  public static SubscriptionFilter of(@Nullable JsonValue notifications) {
    if (notifications == null || notifications.kind() != JsonKind.OBJECT) {
      throw invalid("params.notifications must be an object");
    }
    return new SubscriptionFilter(
        isTrue(notifications, "toolsListChanged"),
        isTrue(notifications, "promptsListChanged"),
        isTrue(notifications, "resourcesListChanged"),
        texts(notifications, "resourceSubscriptions"),
        texts(notifications, "taskIds"));
  }

  private static boolean isTrue(JsonValue notifications, String name) {
    JsonValue value = notifications.member(name);
    if (value == null) {
      return false;
    }
    return switch (value.kind()) {
      case TRUE -> true;
      case FALSE -> false;
      case OBJECT, ARRAY, STRING, NUMBER, NULL ->
          throw invalid("params.notifications." + name + " must be true or false");
    };
  }

  private static Set<String> texts(JsonValue notifications, String name) {
    JsonValue value = notifications.member(name);
    if (value == null) {
      return Set.of();
    }
    Set<String> texts = new LinkedHashSet<>();
    for (JsonValue element : value.elements()) {
      if (element.kind() != JsonKind.STRING || element.text().length() > TEXT_CHARS_MAX) {
        throw invalid("params.notifications." + name + " must hold strings, none too long");
      }
      texts.add(element.text());
    }
    if (value.kind() != JsonKind.ARRAY || texts.size() > ENTRIES_MAX) {
      throw invalid("params.notifications." + name + " must be a list of at most " + ENTRIES_MAX);
    }
    return texts;
  }

  private static RefusedException invalid(String detail) {
    return RefusedException.of(Reason.PARAMS_INVALID, detail);
  }

  /** What is in both. */
  public SubscriptionFilter and(SubscriptionFilter other) {
    Set<String> bothUris = new LinkedHashSet<>(uris);
    bothUris.retainAll(other.uris);
    Set<String> bothTasks = new LinkedHashSet<>(tasks);
    bothTasks.retainAll(other.tasks);
    return new SubscriptionFilter(
        tools && other.tools,
        prompts && other.prompts,
        resources && other.resources,
        bothUris,
        bothTasks);
  }

  /** What is in either. */
  public SubscriptionFilter or(SubscriptionFilter other) {
    Set<String> eitherUris = new LinkedHashSet<>(uris);
    eitherUris.addAll(other.uris);
    Set<String> eitherTasks = new LinkedHashSet<>(tasks);
    eitherTasks.addAll(other.tasks);
    return new SubscriptionFilter(
        tools || other.tools,
        prompts || other.prompts,
        resources || other.resources,
        eitherUris,
        eitherTasks);
  }

  /** Whether there is nothing to listen to. */
  public boolean isEmpty() {
    return equals(NONE);
  }

  /**
   * The part of one of several servers: the lists, and its own resources under its own names. Tasks
   * are not among it.
   */
  public SubscriptionFilter of(String server) {
    Set<String> own = new LinkedHashSet<>();
    for (String uri : uris) {
      ExposedNames.Parts parts = ExposedNames.split(TargetKind.RESOURCE, uri);
      if (parts != null && parts.server().equals(server)) {
        own.add(parts.name());
      }
    }
    return new SubscriptionFilter(tools, prompts, resources, own, Set.of());
  }

  /** The part of a server as its client knows it. */
  public SubscriptionFilter exposed(String server) {
    Set<String> exposed = new LinkedHashSet<>();
    uris.forEach(uri -> exposed.add(ExposedNames.of(TargetKind.RESOURCE, server, uri)));
    return new SubscriptionFilter(tools, prompts, resources, exposed, Set.of());
  }

  /** As JSON. */
  public String json() {
    List<String> members = new ArrayList<>(5);
    if (tools) {
      members.add("\"toolsListChanged\":true");
    }
    if (prompts) {
      members.add("\"promptsListChanged\":true");
    }
    if (resources) {
      members.add("\"resourcesListChanged\":true");
    }
    add(members, "resourceSubscriptions", uris);
    add(members, "taskIds", tasks);
    return "{" + String.join(",", members) + "}";
  }

  private static void add(List<String> members, String name, Set<String> texts) {
    if (!texts.isEmpty()) {
      members.add(
          '"'
              + name
              + "\":["
              + String.join(",", texts.stream().map(JsonText::quoted).toList())
              + "]");
    }
  }
}
