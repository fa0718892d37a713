// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which era a posted message belongs to. The body decides; the header is a cross-check, so that no
 * client can opt out of the modern header rules by naming an older version in the header.
 *
 * <p>Order, the same as the classifier of the TypeScript SDK 2.4.0, so that gateway and server
 * agree:
 *
 * <ol>
 *   <li>a posted response is legacy;
 *   <li>{@code initialize} is legacy, unless it carries the whole modern claim; with a modern
 *       version header alone it is contradictory;
 *   <li>a {@code _meta} with the protocol version key is modern, even malformed;
 *   <li>no claim, but a modern version header on a request: the claim is missing;
 *   <li>everything else is legacy; a notification without a claim follows its header.
 * </ol>
 */
public final class EraSelector {
  private EraSelector() {}

  /**
   * @param versionHeader {@code MCP-Protocol-Version}, or null
   * @throws RefusedException when header and body contradict each other
   */
  public static Era select(RpcMessage message, @Nullable String versionHeader) {
    boolean modernHeader = Era.MODERN_VERSION.equals(versionHeader);
    return switch (message) {
      case RpcMessage.Result result -> Era.LEGACY;
      case RpcMessage.Failure failure -> Era.LEGACY;
      case RpcMessage.Notification notification ->
          RequestMeta.claimsModern(notification.params()) || modernHeader ? Era.MODERN : Era.LEGACY;
      case RpcMessage.Request request -> request(request.method(), request.params(), modernHeader);
    };
  }

  private static Era request(String method, @Nullable JsonValue params, boolean modernHeader) {
    if (method.equals(McpMethod.INITIALIZE.wire()) && !RequestMeta.of(params).wholeClaim()) {
      if (modernHeader) {
        throw RefusedException.of(
            Reason.HEADER_MISMATCH, "initialize does not exist in " + Era.MODERN_VERSION);
      }
      return Era.LEGACY;
    }
    if (RequestMeta.claimsModern(params)) {
      return Era.MODERN;
    }
    if (modernHeader) {
      throw RefusedException.of(
          Reason.META_INVALID,
          "params._meta must hold " + RequestMeta.VERSION + " and " + RequestMeta.CAPABILITIES);
    }
    return Era.LEGACY;
  }

  /**
   * Checks the claim of a modern request.
   *
   * @param versionHeader {@code MCP-Protocol-Version}, or null
   * @throws RefusedException when a field is missing or malformed, header and body name different
   *     versions, or the version is not served
   */
  public static void checkClaim(RequestMeta meta, @Nullable String versionHeader) {
    String version = meta.version();
    if (version == null) {
      throw RefusedException.of(
          Reason.META_INVALID, "params._meta must hold " + RequestMeta.VERSION + " as a string");
    }
    if (versionHeader != null && !versionHeader.equals(version)) {
      throw RefusedException.of(
          Reason.HEADER_MISMATCH, "MCP-Protocol-Version and the body disagree");
    }
    if (!version.equals(Era.MODERN_VERSION)) {
      throw RefusedException.of(
          Reason.VERSION_NOT_SERVED,
          Reason.VERSION_NOT_SERVED.text(),
          versions(List.of(Era.MODERN_VERSION), version));
    }
    if (meta.capabilities() == null) {
      throw RefusedException.of(
          Reason.META_INVALID,
          "params._meta must hold " + RequestMeta.CAPABILITIES + " as an object");
    }
  }

  /**
   * The answer to a legacy client where only the modern era is spoken.
   *
   * @param asked the revision that {@code initialize} asked for, or null
   */
  public static RefusedException modernOnly(@Nullable String asked) {
    return RefusedException.of(
        Reason.VERSION_NOT_SERVED,
        Reason.VERSION_NOT_SERVED.text(),
        versions(List.of(Era.MODERN_VERSION), asked == null ? "" : asked));
  }

  private static Map<String, Object> versions(List<String> supported, String requested) {
    var data = new LinkedHashMap<String, Object>();
    data.put("supported", supported);
    data.put("requested", RequestMeta.cut(requested, 64));
    return data;
  }
}
