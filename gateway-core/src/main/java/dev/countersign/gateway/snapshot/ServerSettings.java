// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import dev.countersign.policy.Effect;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One tool server behind the gateway, reached by clients at {@code /<name>/mcp}.
 *
 * @param name {@code [a-z][a-z0-9-]{0,31}}
 * @param url its MCP endpoint, http or https, with path, without query, fragment or user info; or
 *     {@code stdio:} and the program's name when there is a command
 * @param command the program to run for it, or null when it is reached at its URL
 * @param environment the operator's word for where it runs, such as prod; given to policy
 * @param credential what the gateway shows to it, or null for none
 * @param effects the operator's labels: first pattern that matches a tool's name gives its effect
 * @param caFile PEM of the authorities that may have signed its certificate, or null for the
 *     platform's
 * @param forwardHeaders names, lower case, of client headers that are passed on
 * @param http2 whether a server without TLS is spoken to in HTTP/2 from the first byte
 * @param httpSse whether it speaks the transport of 2024-11-05, HTTP+SSE, with its stream at the
 *     URL; clients may use it with the gateway, too, then
 * @param messages how messages from and for it are handled
 */
public record ServerSettings(
    String name,
    URI url,
    @Nullable CommandSettings command,
    @Nullable String environment,
    @Nullable StaticCredential credential,
    List<EffectLabel> effects,
    @Nullable Path caFile,
    List<String> forwardHeaders,
    boolean http2,
    boolean httpSse,
    MessageRules messages) {
  public ServerSettings {
    effects = List.copyOf(effects);
    forwardHeaders = List.copyOf(forwardHeaders);
  }

  /**
   * A label on tools.
   *
   * @param pattern a glob over the tool's whole name
   * @param effect what such a tool does to the world
   */
  public record EffectLabel(String pattern, Effect effect) {}

  /**
   * A long-lived secret that the agent never sees.
   *
   * @param header the header that carries it, lower case, such as authorization
   * @param prefix put before the secret, such as "Bearer "; may be empty
   * @param secret where the secret is
   */
  public record StaticCredential(String header, String prefix, SecretReference secret) {}
}
