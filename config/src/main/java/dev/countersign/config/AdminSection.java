// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.AdminSettings;
import java.net.InetSocketAddress;

/** {@code admin}. */
final class AdminSection {
  static final Keys KEYS = new Keys("The address of metrics, health, readiness and revision.");

  private static final Key<InetSocketAddress> ADDRESS =
      KEYS.add(
          Key.defaulted(
                  "address",
                  new AddressType(),
                  AddressType.loopback(9901),
                  "The address to listen on; whoever reaches it may read what is there.")
              .example("127.0.0.1:0")
              .atStartOnly());

  private AdminSection() {}

  static AdminSettings build(Section in) {
    InetSocketAddress address = in.get(ADDRESS);
    if (!address.getAddress().isLoopbackAddress()) {
      in.place(ADDRESS)
          .warning("an address off loopback", "loopback: metrics can be read without a login");
    }
    return new AdminSettings(address);
  }
}
