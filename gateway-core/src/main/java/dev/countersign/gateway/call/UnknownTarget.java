// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.ModernErrors;
import dev.countersign.policy.TargetKind;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The one form of an answer about a target that is not there. A hidden target gets it, and so does
 * one that the server does not know, in whatever words servers say that: else the two could be told
 * apart.
 */
final class UnknownTarget {
  private static final Pattern UNKNOWN =
      Pattern.compile(
          "unknown|not found|no such|does not exist|doesn't exist|not exist|not registered"
              + "|not available|invalid tool");

  /** What a server's words may be longer than the name that they name. */
  private static final int WORDS_CHARS_MAX = 96;

  private static final int RESOURCE_NOT_FOUND = -32002;

  private UnknownTarget() {}

  /** For a target that policy hides; on record it is what it is. */
  static RefusedException hidden(McpMessage message, String name) {
    return of(message, name, Reason.POLICY_REFUSED);
  }

  /**
   * What the client is told in the place of a server's answer, or null when that is no such one.
   */
  static @Nullable RefusedException said(Call call, RpcMessage answer) {
    McpMessage message = call.message();
    String name = message.targetName();
    if (name == null || !isNamed(message.kind())) {
      return null;
    }
    boolean unknown =
        switch (answer) {
          case RpcMessage.Failure failure -> isUnknown(message.kind(), name, failure);
          case RpcMessage.Result result ->
              message.method() == McpMethod.TOOLS_CALL && isUnknown(name, result.result());
          case RpcMessage.Request request -> false;
          case RpcMessage.Notification notification -> false;
        };
    return unknown ? of(message, call.nameFor(name), null) : null;
  }

  private static boolean isNamed(TargetKind kind) {
    return switch (kind) {
      case TOOL, PROMPT, RESOURCE, RESOURCE_TEMPLATE -> true;
      default -> false;
    };
  }

  /** Errors of the protocol: the words are the server's, but they are about a target. */
  private static boolean isUnknown(TargetKind kind, String name, RpcMessage.Failure failure) {
    String words = failure.message().toLowerCase(Locale.ROOT);
    boolean about =
        failure.message().contains(name)
            || words.contains(kind == TargetKind.RESOURCE_TEMPLATE ? "resource" : kind.wire());
    return (kind == TargetKind.RESOURCE && failure.code() == RESOURCE_NOT_FOUND)
        || (about && isShort(words, name) && UNKNOWN.matcher(words).find());
  }

  /** Older servers say it in a result; a tool's own words must not be taken for it. */
  private static boolean isUnknown(String name, JsonValue result) {
    JsonValue isError = result.member("isError");
    JsonValue content = result.member("content");
    if (isError == null
        || isError.kind() != JsonKind.TRUE
        || content == null
        || content.size() != 1) {
      return false;
    }
    JsonValue text = content.elements().getFirst().member("text");
    if (text == null || text.kind() != JsonKind.STRING || !text.text().contains(name)) {
      return false;
    }
    String words = text.text().replace(name, "").toLowerCase(Locale.ROOT);
    return isShort(text.text(), name) && words.contains("tool") && UNKNOWN.matcher(words).find();
  }

  private static boolean isShort(String words, String name) {
    return words.length() <= name.length() + WORDS_CHARS_MAX;
  }

  private static RefusedException of(McpMessage message, String name, @Nullable Reason reason) {
    return switch (message.kind()) {
      case TOOL -> of(reason, Reason.TARGET_UNKNOWN, "Unknown tool: " + name, Map.of());
      case PROMPT -> of(reason, Reason.TARGET_UNKNOWN, "Unknown prompt: " + name, Map.of());
      case TASK -> of(reason, Reason.TARGET_UNKNOWN, "Unknown task", Map.of());
      case SAMPLING, ELICITATION, ROOTS ->
          of(reason, Reason.TARGET_UNKNOWN, "Unknown request", Map.of());
      case RESOURCE, RESOURCE_TEMPLATE, SERVER ->
          of(
              reason,
              message.era().modern() ? Reason.TARGET_UNKNOWN : Reason.RESOURCE_UNKNOWN,
              ModernErrors.NO_SUCH_RESOURCE,
              Map.of("uri", name));
    };
  }

  private static RefusedException of(
      @Nullable Reason reason, Reason told, String detail, Map<String, Object> data) {
    return RefusedException.disguised(reason == null ? told : reason, told, detail, data);
  }
}
