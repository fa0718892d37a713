// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The gateway as an OAuth protected resource: metadata (RFC 9728) and challenges (RFC 6750). */
public final class ProtectedResource {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ProtectedResource() {}

  /** Where the metadata of a resource at this path is (RFC 9728 section 3.1). */
  public static String wellKnownPath(String routePath) {
    return "/.well-known/oauth-protected-resource" + routePath;
  }

  /** The metadata document. */
  public static byte[] metadata(
      String resource, List<String> authorizationServers, List<String> scopes) {
    ObjectNode document = JSON.createObjectNode().put("resource", resource);
    authorizationServers.forEach(document.putArray("authorization_servers")::add);
    if (!scopes.isEmpty()) {
      scopes.forEach(document.putArray("scopes_supported")::add);
    }
    document.putArray("bearer_methods_supported").add("header");
    try {
      return JSON.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree could not be written", e);
    }
  }

  /**
   * The challenge of a 401.
   *
   * @param reason why the credential was not accepted, or null when there was none
   */
  public static String challenge401(String metadataUrl, @Nullable RejectReason reason) {
    String challenge = "Bearer resource_metadata=\"" + quoted(metadataUrl) + "\"";
    return reason == null
        ? challenge
        : challenge
            + ", error=\"invalid_token\", error_description=\""
            + reason.name().toLowerCase(Locale.ROOT)
            + "\"";
  }

  /** The challenge of a 403 that a wider scope would cure; names every scope that is needed. */
  public static String challenge403InsufficientScope(
      String metadataUrl, List<String> scopes, String description) {
    return "Bearer error=\"insufficient_scope\", scope=\""
        + quoted(String.join(" ", scopes))
        + "\", resource_metadata=\""
        + quoted(metadataUrl)
        + "\", error_description=\""
        + quoted(description)
        + "\"";
  }

  /** What may stand in a quoted string; everything else would end it or the header. */
  private static String quoted(String text) {
    StringBuilder safe = new StringBuilder();
    text.chars()
        .filter(c -> c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
        .forEach(c -> safe.append((char) c));
    return safe.toString();
  }
}
