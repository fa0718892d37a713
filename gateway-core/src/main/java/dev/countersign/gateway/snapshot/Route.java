// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import dev.countersign.gateway.catalogue.EffectLabels;
import dev.countersign.gateway.credential.UpstreamCredential;
import dev.countersign.gateway.upstream.Upstream;

/**
 * A path of the gateway and the server behind it.
 *
 * @param path the exact path, such as {@code /files/mcp}
 * @param resource the resource URI that tokens for it must name: public URL plus path
 * @param metadataUrl where its protected-resource metadata is (RFC 9728)
 * @param server the server's settings
 * @param upstream the way to the server
 * @param credential what the server is shown
 * @param effects the operator's labels on its tools
 */
public record Route(
    String path,
    String resource,
    String metadataUrl,
    ServerSettings server,
    Upstream upstream,
    UpstreamCredential credential,
    EffectLabels effects)
    implements Entrance {
  /** The same server and the same way to it, reached by another path. */
  public Route under(String otherPath, String otherResource, String otherMetadataUrl) {
    return new Route(
        otherPath, otherResource, otherMetadataUrl, server, upstream, credential, effects);
  }

  @Override
  public String label() {
    return server.name();
  }
}
