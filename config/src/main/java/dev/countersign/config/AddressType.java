// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An address to listen on; never looked up, but for localhost. */
final class AddressType extends ScalarType<InetSocketAddress> {
  private static final Pattern PATTERN =
      Pattern.compile(
          "(localhost|\\d{1,3}(?:\\.\\d{1,3}){3}|\\[[0-9a-fA-F:.]{2,45}])" + ":(0|[1-9]\\d{0,4})");

  AddressType() {
    super("an IP address and a port such as 127.0.0.1:8080 or [::1]:8080");
  }

  /** A port on loopback, for defaults. */
  static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
  }

  @Override
  @Nullable InetSocketAddress parse(String text, Place place) {
    Matcher matcher = PATTERN.matcher(text);
    if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65_535) {
      return refuse(place.shown(text), place);
    }
    String host = matcher.group(1);
    try {
      InetAddress address =
          host.equals("localhost")
              ? InetAddress.getLoopbackAddress()
              : InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", ""));
      return new InetSocketAddress(address, Integer.parseInt(matcher.group(2)));
    } catch (IllegalArgumentException e) {
      return refuse(place.shown(text), place);
    }
  }

  @Override
  public InetSocketAddress standIn() {
    return loopback(0);
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of(
        "type",
        "string",
        "pattern",
        "^(localhost|[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-fA-F:.]{2,45}\\]):(0|[1-9][0-9]{0,4})$");
  }

  @Override
  public Object written(InetSocketAddress value) {
    String host = value.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + value.getPort();
  }
}
