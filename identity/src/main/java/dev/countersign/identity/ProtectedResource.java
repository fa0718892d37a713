// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The gateway as an OAuth protected resource: its metadata (RFC 9728) and its challenges (RFC 6750
 * section 3, RFC 9728 section 5.1). Challenges are header values: whatever is given, no character
 * can end a quoted string or the header.
 */
public final class ProtectedResource {
  private static final String WELL_KNOWN = "/.well-known/oauth-protected-resource";
  private static final int DESCRIPTION_CHARS_MAX = 200;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ProtectedResource() {}

  /**
   * Where the metadata of a resource is, by RFC 9728 section 3.1.
   *
   * @param routePath the resource's path, from its {@code /} on
   */
  public static String wellKnownPath(String routePath) {
    return routePath.equals("/") ? WELL_KNOWN : WELL_KNOWN + routePath;
  }

  /**
   * The metadata document, RFC 9728 section 2, as JSON in UTF-8.
   *
   * @param resource exactly the URL that clients use
   * @param authorizationServers issuers whose tokens are accepted
   * @param scopes the least that is useful; none are named when empty
   */
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
      throw new IllegalStateException("a tree of text could not be written", e);
    }
  }

  /** {@link #challenge401(String, RejectReason, String)} that names no scope. */
  public static String challenge401(String metadataUrl, @Nullable RejectReason reason) {
    return challenge401(metadataUrl, reason, null);
  }

  /**
   * The challenge of a 401.
   *
   * @param metadataUrl the absolute URL of the metadata document
   * @param reason why the credential was rejected; null when there was none
   * @param scope scopes worth asking for, separated by spaces, or null
   */
  public static String challenge401(
      String metadataUrl, @Nullable RejectReason reason, @Nullable String scope) {
    StringBuilder challenge = new StringBuilder("Bearer ");
    parameter(challenge, "resource_metadata", url(metadataUrl));
    String scopes = scope == null ? "" : scopes(List.of(scope.split(" ", -1)));
    if (!scopes.isEmpty()) {
      parameter(challenge, "scope", scopes);
    }
    // RFC 6750 section 3.1: another scheme counts as no credential, and then no error is named.
    if (reason != null && reason != RejectReason.UNSUPPORTED_SCHEME) {
      parameter(challenge, "error", "invalid_token");
      parameter(
          challenge, "error_description", reason.name().toLowerCase(Locale.ROOT).replace('_', ' '));
    }
    return challenge.toString();
  }

  /**
   * The challenge of a 403 that a wider scope would cure.
   *
   * @param metadataUrl the absolute URL of the metadata document
   * @param scopes every scope the operation needs; what is no scope token is left out
   * @param description in words; cut at {@value #DESCRIPTION_CHARS_MAX} characters
   */
  public static String challenge403InsufficientScope(
      String metadataUrl, List<String> scopes, String description) {
    StringBuilder challenge = new StringBuilder("Bearer ");
    parameter(challenge, "error", "insufficient_scope");
    parameter(challenge, "scope", scopes(scopes));
    parameter(challenge, "resource_metadata", url(metadataUrl));
    parameter(challenge, "error_description", words(description));
    return challenge.toString();
  }

  private static void parameter(StringBuilder challenge, String name, String safe) {
    boolean first = challenge.charAt(challenge.length() - 1) == ' ';
    challenge.append(first ? "" : ", ").append(name).append("=\"").append(safe).append('"');
  }

  /** Changing a character would make another scope of it, so an unfit one is left out. */
  private static String scopes(List<String> scopes) {
    return scopes.stream().filter(Names::isScope).collect(Collectors.joining(" "));
  }

  private static String words(String text) {
    return text.chars()
        .limit(DESCRIPTION_CHARS_MAX)
        .mapToObj(c -> Names.isQuotable(c) ? String.valueOf((char) c) : "?")
        .collect(Collectors.joining());
  }

  /** Percent-encodes what no URL may hold (RFC 3986 section 2.1). */
  private static String url(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b != ' ' && Names.isQuotable(b)) {
        safe.append((char) b);
      } else {
        safe.append(String.format(Locale.ROOT, "%%%02X", b));
      }
    }
    return safe.toString();
  }
}
