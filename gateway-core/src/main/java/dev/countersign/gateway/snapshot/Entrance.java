// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

/** What a path of the gateway leads to: one server, or several behind one path. */
public sealed interface Entrance permits Route, FederatedRoute {
  /** The exact path, such as {@code /files/mcp}. */
  String path();

  /** The resource URI that tokens for it must name: public URL plus path. */
  String resource();

  /** Where its protected-resource metadata is (RFC 9728). */
  String metadataUrl();

  /** What it is called in logs and metrics: the server's name, or what stands for several. */
  String label();
}
