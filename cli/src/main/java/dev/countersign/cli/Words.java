// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import java.net.InetSocketAddress;

/** How commands write what they count and where they listen. */
final class Words {
  private Words() {}

  /** A number with what it counts: {@code 1 leaf}, {@code 2 leaves}. */
  static String count(long number, String one, String more) {
    return number + " " + (number == 1 ? one : more);
  }

  /** An address as it stands in a URL: {@code 127.0.0.1:8080}, {@code [::1]:8080}. */
  static String address(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }
}
