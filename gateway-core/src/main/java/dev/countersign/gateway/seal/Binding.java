// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.seal;

import dev.countersign.identity.CallerKey;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * To whom and where a sealed text is good. It is not inside the text: who opens says it again, and
 * another caller, route or part does not decrypt.
 *
 * @param caller whose it is
 * @param route the path of the route
 * @param parts what else it belongs to, such as a session
 */
public record Binding(CallerKey caller, String route, List<String> parts) {
  public Binding {
    parts = List.copyOf(parts);
  }

  /** A binding to a caller on a route, and perhaps more. */
  public static Binding of(CallerKey caller, String route, String... parts) {
    return new Binding(caller, route, List.of(parts));
  }

  /** Every part with its length before it, so that no two bindings give the same bytes. */
  void writeTo(ByteArrayOutputStream out) {
    add(out, caller.kind());
    add(out, caller.issuer());
    add(out, caller.subject());
    String client = caller.client();
    add(out, client == null ? "-" : "+" + client);
    add(out, route);
    parts.forEach(part -> add(out, part));
  }

  static void add(ByteArrayOutputStream out, String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    out.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
    out.writeBytes(bytes);
  }
}
