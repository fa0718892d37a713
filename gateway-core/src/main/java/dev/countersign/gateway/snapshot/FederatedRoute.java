// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One path with several servers behind it, whose targets carry their server's name in front.
 *
 * @param path the exact path
 * @param resource the resource URI that tokens for it must name; one for a server's own path is
 *     none for this
 * @param metadataUrl where its protected-resource metadata is (RFC 9728)
 * @param members the way to each server under this path, in the order of the settings
 */
public record FederatedRoute(String path, String resource, String metadataUrl, List<Route> members)
    implements Entrance {
  /** In the place of a server's name; no server can be called so. */
  public static final String LABEL = "(federated)";

  public FederatedRoute {
    members = List.copyOf(members);
  }

  /** The member of this name, or null. */
  public @Nullable Route member(String server) {
    for (Route member : members) {
      if (member.server().name().equals(server)) {
        return member;
      }
    }
    return null;
  }

  @Override
  public String label() {
    return LABEL;
  }
}
